import { type Socket } from 'socket.io';
import { errorCodeInfo } from '../common/errors/error-codes';

/** Socket.IO itself listens to this one, but no client has reason to send it. */
const OWN_EVENT = 'error';

/** Answers events that no handler takes: without this their acknowledgement would be waited for in vain. */
export function answerUnknownEvents(socket: Pick<Socket, 'onAny' | 'listenerCount'>): void {
  socket.onAny((event: string, ...args: unknown[]) => {
    const acknowledge = args.at(-1);
    const isUnknown = event === OWN_EVENT || socket.listenerCount(event) === 0;
    if (isUnknown && typeof acknowledge === 'function') {
      acknowledge({ error: { code: 'UNKNOWN_EVENT', message: errorCodeInfo('UNKNOWN_EVENT').meaning } });
    }
  });
}
