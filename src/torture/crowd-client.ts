import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface CrowdTarget {
  readonly url: string;
  readonly experimentId: string;
}

const NAMESPACE = '/experiments';
const WELCOME = `40${NAMESPACE},`;
const EVENT = `42${NAMESPACE},["`;
const DELTA = `${EVENT}turn.delta"`;
/** Where `seq` of an event stands, behind the longest name of one. */
const HEAD_CHARACTERS = 80;
const MOST_PROBLEMS = 3;

/**
 * A watcher that speaks just enough Socket.IO: a thousand of the usual clients would take more of the machine than the
 * server. It checks that every stored event comes once, in order.
 */
export class CrowdClient {
  /** Number of the last event that it has. */
  at = 0;
  deltas = 0;
  isConnected = false;
  /** How the last connection was closed: code and reason of the close frame; 1006 = there was none. */
  closedWith = '';
  readonly problems: string[] = [];
  /** Milliseconds from the moment in which an event was written until it was here. */
  readonly agesMs: number[] = [];
  private socket: WebSocket | undefined;
  private isTimed = false;

  constructor(
    private readonly target: CrowdTarget,
    private readonly mayBeTimed: boolean,
  ) {}

  /** Connects and watches; what came after `after` is sent first. */
  async connect(after: number): Promise<void> {
    const { url, experimentId } = this.target;
    const address = `${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(address, { perMessageDeflate: false });
    this.socket = socket;
    await once(socket, 'open');
    this.isConnected = true;
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      this.isConnected = false;
      this.closedWith = `${code} ${reason.toString()}`.trim();
    });
    socket.on('message', (data) => {
      const text = data as Buffer;
      if (text.toString('latin1', 0, WELCOME.length) === WELCOME) {
        socket.send(`42${NAMESPACE},${JSON.stringify(['subscribe', { experimentId, after }])}`);
      } else {
        this.hear(text);
      }
    });
    socket.send(WELCOME);
  }

  startTiming(): void {
    this.isTimed = this.mayBeTimed;
  }

  stopReading(): void {
    this.socket?.pause();
  }

  readAgain(): void {
    this.socket?.resume();
  }

  leave(): void {
    this.socket?.terminate();
  }

  private hear(data: Buffer): void {
    const head = data.toString('latin1', 0, HEAD_CHARACTERS);
    if (head === '2') {
      this.socket?.send('3');
    } else if (head.startsWith(DELTA)) {
      this.deltas += 1;
    } else if (head.startsWith(EVENT)) {
      this.take(head, data);
    }
  }

  private take(head: string, data: Buffer): void {
    const seq = Number(/"seq":(\d+)/.exec(head)?.[1]);
    if (seq !== this.at + 1 && this.problems.length < MOST_PROBLEMS) {
      this.problems.push(`event ${seq} came after event ${this.at}`);
    }
    this.at = seq;
    if (this.isTimed) {
      const [, writtenAt = ''] = /"created_at":"([^"]+)"/.exec(data.toString('latin1')) ?? [];
      this.agesMs.push(Date.now() - Date.parse(writtenAt));
    }
  }
}
