import { type StoredEvent } from '../live/event-types';
import { type ExperimentEntity } from './experiment.entity';
import { type PlainFrame, type PlainFrames } from './plain-frames';
import { type RunsInOrder } from './runs-in-order';

/** What is told to existing clients because of one event. */
export interface ToldFrames {
  readonly frames: readonly PlainFrame[];
  /** Whether it happened earlier and was kept back: there may be much of it. */
  readonly isLate: boolean;
}

/** An experiment as one existing client sees it, or several that are at the same place: the runs in order, in the frames that they know. */
export class PlainView {
  /** Whether the run that would be told was removed. */
  private isGone = false;

  /** @param toldRun number of the run that a status frame named last */
  constructor(
    private readonly experiment: ExperimentEntity,
    private readonly runs: RunsInOrder<StoredEvent>,
    private readonly frames: PlainFrames,
    private toldRun: number,
  ) {}

  /** Takes the next event of the stream. */
  async *hear(event: StoredEvent): AsyncGenerator<ToldFrames> {
    for await (const told of this.runs.hear(event)) {
      yield { frames: await this.framesOf(told), isLate: told.seq !== event.seq };
    }
  }

  private async framesOf(event: StoredEvent): Promise<PlainFrame[]> {
    if (event.type !== 'conversation.started') {
      return this.isGone && 'iteration' in event ? [] : this.frames.of(event, this.experiment);
    }
    const { iteration } = event;
    const start = await this.frames.start(this.experiment, iteration);
    this.isGone = start === null;
    if (start === null) {
      return [];
    }
    const isToldOf = this.toldRun === iteration;
    this.toldRun = iteration;
    return isToldOf ? [start] : [this.frames.enters(this.experiment, iteration), start];
  }
}
