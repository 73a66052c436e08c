import { Injectable } from '@nestjs/common';
import { OpenTurns } from '../live/open-turns';
import { type ConversationPlan, type RunControl } from './conversation-plan';
import { endsRun } from './run-failure';
import { openedTurn, skipRecord, type Step, type StepTurn } from './step';
import { type TurnRecord } from './team/turn-record';
import { type OpenedTurn, Transcript } from './transcript';
import { TurnTaker } from './turn-taker';

/** A turn with its first attempt. */
interface BegunTurn {
  readonly turn: StepTurn;
  readonly opened: OpenedTurn;
}

/** Takes the turns of one step. What each brings is stored when it ends; it is published when all have ended. */
@Injectable()
export class StepTaker {
  constructor(
    private readonly turns: TurnTaker,
    private readonly transcript: Transcript,
    private readonly openTurns: OpenTurns,
  ) {}

  /**
   * @param records the finished turns before the step
   * @throws what went wrong with one of the turns; the others have ended all the same
   */
  async take(
    plan: ConversationPlan,
    step: Step,
    records: readonly TurnRecord[],
    control: RunControl,
  ): Promise<TurnRecord[]> {
    const begun = step.turns.map((turn): BegunTurn => ({ turn, opened: openedTurn(turn) }));
    const spoken = begun.filter(({ turn }) => turn.agent !== null);
    const skipped = begun.filter(({ turn }) => turn.agent === null);
    const isAlone = spoken.length === 1 && skipped.length === 0 && step.held.length === 0;
    const shown = new Set<string>();
    try {
      for (const { opened } of spoken) {
        this.turns.show(plan, opened, shown);
      }
      const begunAtMs = await this.transcript.startTurns(
        plan,
        begun.map(({ opened }) => opened),
        control,
      );
      const taken = await this.allOf(
        spoken.map(({ turn, opened }) =>
          this.turns.take({ plan, turn, opened, records, isAlone, shown, control }),
        ),
        control.signal,
      );
      if (!isAlone) {
        await this.transcript.publishStep(plan, control);
      }
      const passedOver = skipped.map(({ turn }) => skipRecord(turn, begunAtMs));
      return [...step.held, ...taken, ...passedOver].toSorted((one, other) => one.turn - other.turn);
    } finally {
      for (const turnId of shown) {
        this.openTurns.close(turnId);
      }
    }
  }

  /** Waits for all turns. @throws of several failures one that ends the run, which counts more than an interruption */
  private async allOf(turns: readonly Promise<TurnRecord>[], signal: AbortSignal): Promise<TurnRecord[]> {
    const results = await Promise.allSettled(turns);
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failures.length > 0) {
      throw failures.find((error) => endsRun(error, signal)) ?? failures[0];
    }
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }
}
