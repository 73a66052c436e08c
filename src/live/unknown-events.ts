import { type Socket } from 'socket.io';
import { errorCodeInfo } from '../common/errors/error-codes';

/** Answers events that no handler takes: without this their acknowledgement would be waited for in vain. */
export function answerUnknownEvents(socket: Pick<Socket, 'onAny' | 'listenerCount'>): void {
  socket.onAny((event: string, ...args: unknown[]) => {
    const acknowledge = args.at(-1);
    if (socket.listenerCount(event) === 0 && typeof acknowledge === 'function') {
      acknowledge({ error: { code: 'UNKNOWN_EVENT', message: errorCodeInfo('UNKNOWN_EVENT').meaning } });
    }
  });
}
