import { type WebSocket } from 'ws';
import { type StoredEvent } from '../live/event-types';
import { sendBacklogText, sendText } from '../live/plain-socket';
import { type PlainFrame } from './plain-frames';
import { type PlainView } from './plain-view';

const CLOSE_NORMAL = 1000;

/** The plain sockets of one experiment: each event is put into frames once and sent to all of them. */
export class PlainAudience {
  /** Connections that are here or on their way here. */
  readonly guests = new Set<WebSocket>();
  /** Those that have all up to the cursor. */
  private readonly live = new Set<WebSocket>();
  /** Events are told one after the other. */
  private work: Promise<void> = Promise.resolve();

  /**
   * @param seq place of the last event that the view knows
   * @param readAfter reads stored events after a place, oldest first
   */
  constructor(
    private readonly view: PlainView,
    private seq: number,
    private readonly readAfter: (after: number) => Promise<readonly StoredEvent[]>,
  ) {}

  /** Place of the last event that all live sockets have, or are being told. */
  get cursor(): number {
    return this.seq;
  }

  /** Lets a socket that has all up to the cursor hear what is new. */
  join(socket: WebSocket): void {
    this.live.add(socket);
  }

  leave(socket: WebSocket): void {
    this.live.delete(socket);
    this.guests.delete(socket);
  }

  /** Tells all that is stored up to a place. @throws what kept it from that; then nothing more can be told */
  async goOnTo(seq: number): Promise<void> {
    this.work = this.work.then(() => this.tellUpTo(seq));
    await this.work;
  }

  /** Resolves when all that it was to tell so far has been told. */
  async idle(): Promise<void> {
    await this.work.catch(() => undefined);
  }

  private async tellUpTo(seq: number): Promise<void> {
    while (this.seq < seq) {
      const events = await this.readAfter(this.seq);
      if (events.length === 0) {
        // The experiment was removed in the meantime.
        this.seq = seq;
      }
      for (const event of events) {
        await this.tell(event);
      }
    }
  }

  /** What was kept back may be much: it is sent no faster than it is taken. */
  private async tell(event: StoredEvent): Promise<void> {
    const sockets = [...this.live];
    this.seq = event.seq;
    for await (const { frames, isLate } of this.view.hear(event)) {
      for (const frame of frames) {
        if (isLate) {
          await Promise.all(sockets.map((socket) => sendBacklogFrame(socket, frame)));
        } else {
          sockets.forEach((socket) => sendFrame(socket, frame));
        }
      }
    }
  }
}

export function sendFrame(socket: WebSocket, { text, closes }: PlainFrame): void {
  sendText(socket, text);
  closeIf(closes, socket);
}

/** Resolves when there is room for more. */
export async function sendBacklogFrame(socket: WebSocket, { text, closes }: PlainFrame): Promise<void> {
  await sendBacklogText(socket, text);
  closeIf(closes, socket);
}

function closeIf(closes: boolean, socket: WebSocket): void {
  if (closes) {
    socket.close(CLOSE_NORMAL, 'Experiment completed');
  }
}
