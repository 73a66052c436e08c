import { io, type Socket } from 'socket.io-client';
import { type Subscription } from '../experiments/dto/subscription.dto';
import {
  type ServerEvents,
  type StatusData,
  type StoredEvent,
  type StoredEventType,
  type TurnDelta,
} from '../live/event-types';
import { DemoError } from './demo-error';

interface ClientEvents {
  subscribe: (
    request: { experimentId: string; after: number; deltas: boolean },
    ack: (answer: Subscription | { error: { code: string; message: string } }) => void,
  ) => void;
}

export interface ExperimentListener {
  event(event: StoredEvent): void;
  delta(delta: TurnDelta): void;
}

const EVENT_TYPES = [
  'experiment.status',
  'conversation.started',
  'turn.started',
  'message',
  'turn.failed',
  'conversation.finished',
] as const satisfies readonly StoredEventType[];

/**
 * Watches an experiment from its first event, as any Socket.IO client can; a lost connection is taken up where it
 * broke off.
 * @returns how it ended
 */
export function watchExperiment(
  baseUrl: string,
  experimentId: string,
  listener: ExperimentListener,
): Promise<StatusData> {
  const socket: Socket<ServerEvents, ClientEvents> = io(`${baseUrl}/experiments`, {
    transports: ['websocket'],
  });
  let seen = 0;
  const over = new Promise<StatusData>((resolve, reject) => {
    socket.on('connect', () => {
      socket.emit('subscribe', { experimentId, after: seen, deltas: true }, (answer) => {
        if ('error' in answer && answer.error !== null && typeof answer.error === 'object') {
          reject(
            new DemoError(`The experiment cannot be watched (${answer.error.code}): ${answer.error.message}`),
          );
        }
      });
    });
    socket.on('experiment.removed', () => reject(new DemoError('The experiment was deleted while it ran.')));
    socket.on('turn.delta', (delta) => listener.delta(delta));
    for (const type of EVENT_TYPES) {
      socket.on(type, (event: StoredEvent) => {
        seen = event.seq;
        listener.event(event);
        if (event.type === 'experiment.status' && event.status !== 'running') {
          resolve(event);
        }
      });
    }
  });
  return over.finally(() => socket.disconnect());
}
