/** A run that is to be worked on now. */
export interface NextRun {
  /** Its number, from 1. */
  readonly iteration: number;
  /** Whether it is to be begun; else it is open and taken up again. */
  readonly isNew: boolean;
}

/**
 * The runs of an experiment as its worker sees them: those that are worked on, open ones that wait for it, and those to be begun.
 * Open ones go first, always the lowest number; so runs begin in the order of their numbers and end in any.
 */
export class OpenRuns {
  private readonly waiting: Set<number>;
  private readonly atWork = new Set<number>();

  /**
   * @param open numbers of the open runs
   * @param lastBegun the highest number of all runs that were begun; 0 before the first
   * @param total number of runs of the experiment
   */
  constructor(
    open: readonly number[],
    private lastBegun: number,
    private readonly total: number,
  ) {
    this.waiting = new Set(open);
  }

  /** Number of runs that are worked on. */
  get atWorkCount(): number {
    return this.atWork.size;
  }

  /** Whether all runs have ended. */
  get areOver(): boolean {
    return this.waiting.size === 0 && this.atWork.size === 0 && this.lastBegun >= this.total;
  }

  /** Takes the next run to work; null = there is none that nobody works on. */
  take(): NextRun | null {
    const isNew = this.waiting.size === 0;
    if (isNew && this.lastBegun >= this.total) {
      return null;
    }
    const iteration = isNew ? this.lastBegun + 1 : Math.min(...this.waiting);
    this.waiting.delete(iteration);
    this.atWork.add(iteration);
    this.lastBegun = Math.max(this.lastBegun, iteration);
    return { iteration, isNew };
  }

  /** The work on a run was left: it waits to be taken up again. */
  putBack(iteration: number): void {
    this.atWork.delete(iteration);
    this.waiting.add(iteration);
  }

  /** A run has ended. */
  end(iteration: number): void {
    this.atWork.delete(iteration);
  }
}
