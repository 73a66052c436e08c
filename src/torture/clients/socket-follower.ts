import { io, type Socket } from 'socket.io-client';
import { type StoredEvent } from '../../live/event-types';
import { Heard } from './heard';

/** A client of Socket.IO that comes back after every lost connection, and asks for what it has missed. */
export class SocketFollower {
  /** Times at which it heard that the server is about to stop. */
  closings = 0;
  private readonly socket: Socket;
  private readonly followed = new Map<string, Heard>();

  constructor(url: string) {
    this.socket = io(`${url}/experiments`, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
    });
    this.socket.on('connect', () => {
      // An event that was buffered before may have cut the connection by now; what is said then would be said twice.
      if (!this.socket.connected) {
        return;
      }
      for (const heard of this.followed.values()) {
        this.subscribe(heard);
      }
    });
    this.socket.on('server.closing', () => (this.closings += 1));
    this.socket.onAny((_name: string, payload: StoredEvent) => {
      if (isStored(payload)) {
        this.followed.get(payload.experiment_id)?.take(payload, JSON.stringify(payload));
      }
    });
  }

  /** Waits until it is connected. */
  connected(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.connected) {
        resolve();
      } else {
        this.socket.once('connect', resolve);
      }
    });
  }

  follow(experimentId: string, after = 0): Heard {
    const heard = new Heard(experimentId, after);
    this.followed.set(experimentId, heard);
    if (this.socket.connected) {
      this.subscribe(heard);
    }
    return heard;
  }

  /** Loses the connection; it comes back by itself. */
  cut(): void {
    this.socket.io.engine.close();
  }

  close(): void {
    this.socket.disconnect();
  }

  private subscribe({ experimentId, last }: Heard): void {
    this.socket.emit('subscribe', { experimentId, after: last, deltas: false });
  }
}

export function isStored(payload: unknown): payload is StoredEvent {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'seq' in payload &&
    'type' in payload &&
    typeof payload.seq === 'number'
  );
}
