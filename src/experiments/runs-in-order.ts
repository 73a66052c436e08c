/** What of an event decides when existing clients hear of it. */
export interface RunEvent {
  readonly seq: number;
  readonly type: string;
  /** Number of the run that it is about; not there when it is about the experiment. */
  readonly iteration?: number;
}

/** How far the runs have been told. */
export interface RunPlace {
  /** Number of the run that is told, or was told last; 0 before the first. */
  readonly run: number;
  /** Whether its end has not been told yet. */
  readonly isOpen: boolean;
  /** A place in the stream before which no later run has begun. */
  readonly since: number;
}

/** Reads the events of a run after one place in the stream and up to another, oldest first. */
export type ReadRun<E> = (iteration: number, after: number, upTo: number) => AsyncIterable<E>;

/**
 * Tells of runs that go on side by side as if they had been made one after the other (decision 2): of the first one that has
 * not ended as it happens, and of each later one from its beginning when its turn comes. What is kept back until then stays in
 * the table.
 */
export class RunsInOrder<E extends RunEvent> {
  constructor(
    private place: RunPlace,
    private readonly readRun: ReadRun<E>,
  ) {}

  /** Takes the next event of the stream. @returns the events to tell of now */
  async *hear(event: E): AsyncGenerator<E> {
    const { run, isOpen } = this.place;
    if (event.iteration === undefined) {
      yield event;
    } else if (isOpen ? event.iteration === run : isStartOf(run + 1, event)) {
      this.note(event);
      yield event;
      yield* this.keptBack(event.seq);
    }
  }

  /** The runs whose turn has come, as far as they have got. */
  private async *keptBack(upTo: number): AsyncGenerator<E> {
    while (!this.place.isOpen) {
      const { run, since } = this.place;
      for await (const event of this.readRun(run + 1, since, upTo)) {
        this.note(event);
        yield event;
      }
      if (this.place.run === run) {
        return;
      }
    }
  }

  private note({ type, seq, iteration = 0 }: E): void {
    if (type === 'conversation.started') {
      this.place = { run: iteration, isOpen: true, since: seq };
    } else if (type === 'conversation.finished') {
      this.place = { ...this.place, isOpen: false };
    }
  }
}

function isStartOf(run: number, { type, iteration }: RunEvent): boolean {
  return type === 'conversation.started' && iteration === run;
}
