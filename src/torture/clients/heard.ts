import { type StoredEvent } from '../../live/event-types';

const DEFAULT_LIMIT_MS = 120_000;

/** The stored events that one watcher has heard of one experiment, and whether they came 1, 2, 3, … each once. */
export class Heard {
  /** The text of the JSON of each event, in the order of their numbers. */
  readonly texts: string[] = [];
  /** What came out of order, twice or differently. */
  readonly faults: string[] = [];
  /** The newest state of the experiment. */
  state = '';
  private readonly listeners = new Set<() => void>();
  private readonly eventListeners = new Set<(event: StoredEvent) => void>();

  /** @param after number of the last event that is known before */
  constructor(
    readonly experimentId: string,
    private readonly after = 0,
  ) {}

  get last(): number {
    return this.after + this.texts.length;
  }

  take(event: StoredEvent, text: string): void {
    const expected = this.last + 1;
    if (event.seq < expected) {
      const known = this.texts[event.seq - 1 - this.after];
      this.faults.push(
        `event ${event.seq} came again${known === text ? '' : `, changed: ${text} for ${known}`}`,
      );
      return;
    }
    if (event.seq > expected) {
      this.faults.push(`event ${event.seq} came after ${this.last}`);
      this.texts.length = event.seq - 1 - this.after;
    }
    this.texts.push(text);
    if (event.type === 'experiment.status') {
      this.state = event.state;
    }
    this.eventListeners.forEach((hear) => hear(event));
    this.listeners.forEach((look) => look());
  }

  /** Hears of every event from now on, as it comes. */
  onEvent(hear: (event: StoredEvent) => void): () => void {
    this.eventListeners.add(hear);
    return () => this.eventListeners.delete(hear);
  }

  events(): StoredEvent[] {
    return this.texts.map((text) => JSON.parse(text) as StoredEvent);
  }

  /** Waits until it holds. @throws Error when it does not in time */
  until(holds: () => boolean, what: string, limitMs = DEFAULT_LIMIT_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.listeners.delete(look);
        reject(
          new Error(
            `${what} did not come within ${limitMs} ms; ${this.last} events came, state ${this.state}, at last ${this.texts.at(-1)}`,
          ),
        );
      }, limitMs);
      const look = () => {
        if (holds()) {
          clearTimeout(timer);
          this.listeners.delete(look);
          resolve();
        }
      };
      this.listeners.add(look);
      look();
    });
  }

  untilSeq(seq: number, limitMs = DEFAULT_LIMIT_MS): Promise<void> {
    return this.until(() => this.last >= seq, `event ${seq}`, limitMs);
  }

  untilOver(limitMs = DEFAULT_LIMIT_MS): Promise<void> {
    return this.until(
      () => ['completed', 'error', 'cancelled'].includes(this.state),
      `the end of ${this.experimentId}`,
      limitMs,
    );
  }
}
