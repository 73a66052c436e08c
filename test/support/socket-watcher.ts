import { io, type Socket } from 'socket.io-client';
import { type Subscription } from '../../src/experiments/dto/subscription.dto';
import { type ExperimentState, isIdle, isTerminal } from '../../src/experiments/experiment-state';
import { type StoredEvent, type TurnDelta } from '../../src/live/event-types';
import { EventLog } from './events';

/** Anything that the server sent: its name and payload. */
export interface Received {
  readonly name: string;
  readonly payload: Record<string, unknown>;
}

export interface SubscribeOptions {
  readonly after?: number;
  readonly deltas?: boolean;
}

/** A Socket.IO client that keeps all that it is sent. */
export class SocketWatcher {
  readonly received = new EventLog<Received>();

  private constructor(readonly socket: Socket) {
    socket.onAny((name: string, payload: Record<string, unknown>) => this.received.push({ name, payload }));
  }

  static async connect(
    url: string,
    options: Parameters<typeof io>[1] = {},
    namespace = '/experiments',
  ): Promise<SocketWatcher> {
    const socket = io(url + namespace, { transports: ['websocket'], reconnection: false, ...options });
    const watcher = new SocketWatcher(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', (error) => {
        socket.disconnect();
        reject(error);
      });
    });
    return watcher;
  }

  async subscribe(experimentId: string, options: SubscribeOptions = {}): Promise<Subscription> {
    return (await this.emit('subscribe', { experimentId, ...options })) as Subscription;
  }

  /** Sends an event and gives its acknowledgement. */
  emit(name: string, payload?: unknown): Promise<unknown> {
    return this.socket.timeout(10_000).emitWithAck(name, payload) as Promise<unknown>;
  }

  /** The stored events received so far, in the order in which they came. */
  get events(): StoredEvent[] {
    return this.received.all.map(({ payload }) => payload).filter(isStored) as unknown as StoredEvent[];
  }

  get deltas(): TurnDelta[] {
    return this.received.all
      .filter(({ name }) => name === 'turn.delta')
      .map(({ payload }) => payload as unknown as TurnDelta);
  }

  /** Waits for an event of this name. */
  waitFor(name: string, fits: (payload: Record<string, unknown>) => boolean = () => true): Promise<Received> {
    return this.received.waitFor((received) => received.name === name && fits(received.payload), name);
  }

  /** Waits until the experiment is over. */
  async untilOver(): Promise<void> {
    await this.waitFor('experiment.status', ({ state }) => isTerminal(state as ExperimentState));
  }

  /** Waits until nobody works on an experiment that was subscribed to: from then on it is over or paused. */
  async untilSettled({ state, seq }: Subscription): Promise<void> {
    const since = isSettled(state) ? seq : seq + 1;
    await this.received.waitFor(
      ({ name, payload }) =>
        name === 'experiment.status' && Number(payload['seq']) >= since && isSettled(payload['state']),
      'an experiment that is over or paused',
    );
  }

  close(): void {
    this.socket.disconnect();
  }
}

function isSettled(state: unknown): boolean {
  return state !== 'queued' && isIdle(state as ExperimentState);
}

function isStored(payload: Record<string, unknown>): boolean {
  return typeof payload['seq'] === 'number' && typeof payload['type'] === 'string';
}
