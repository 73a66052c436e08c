import { TurnPace } from './turn-pace';

/** How far an experiment is when the work on it begins. */
export interface WorkSoFar {
  /** Runs of the experiment in all. */
  readonly runs: number;
  readonly endedRuns: number;
  /** Turns of the runs that have ended. */
  readonly endedTurns: number;
  /** Turns of the open runs, by their numbers. */
  readonly openRuns: Iterable<readonly [iteration: number, turns: number]>;
}

/**
 * Estimates how long an experiment will take from here: the turns that its runs are still expected to take, at the pace of the
 * latest ones. A run is expected to take as many turns as those that have ended took on average; while none has, as many
 * as it can.
 */
export class RemainingTime {
  private endedRuns: number;
  private endedTurns: number;
  private readonly runs: number;
  private readonly turnsOfOpen: Map<number, number>;
  private readonly pace: TurnPace;

  /** @param mostTurns turns that a run can take @param nowMs milliseconds of the clock by which the turns are told */
  constructor(
    { runs, endedRuns, endedTurns, openRuns }: WorkSoFar,
    private readonly mostTurns: number,
    nowMs: number,
  ) {
    this.runs = runs;
    this.endedRuns = endedRuns;
    this.endedTurns = endedTurns;
    this.turnsOfOpen = new Map(openRuns);
    this.pace = new TurnPace(nowMs);
  }

  /** Hears of a turn that has ended in the run of this number. */
  onTurn(iteration: number, nowMs: number): void {
    this.turnsOfOpen.set(iteration, (this.turnsOfOpen.get(iteration) ?? 0) + 1);
    this.pace.onTurn(nowMs);
  }

  /** Hears that the run of this number has ended. */
  onRunEnded(iteration: number): void {
    this.endedRuns += 1;
    this.endedTurns += this.turnsOfOpen.get(iteration) ?? 0;
    this.turnsOfOpen.delete(iteration);
  }

  /** Whole seconds until the end, at least 1; null while nothing is known. */
  seconds(nowMs: number): number | null {
    const ms = this.pace.msFor(this.remainingTurns(), nowMs);
    return ms === null ? null : Math.max(Math.ceil(ms / 1000), 1);
  }

  private remainingTurns(): number {
    const perRun = this.endedRuns > 0 ? this.endedTurns / this.endedRuns : this.mostTurns;
    const unopened = this.runs - this.endedRuns - this.turnsOfOpen.size;
    let turns = Math.max(unopened, 0) * perRun;
    for (const taken of this.turnsOfOpen.values()) {
      turns += Math.max(perRun - taken, 0);
    }
    return turns;
  }
}
