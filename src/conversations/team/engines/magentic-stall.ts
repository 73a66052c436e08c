import { type Move } from '../engine';
import { type LedgerVerdict } from '../speaker-choice';

/** The newest plan and what came of it. */
export interface PlanProgress {
  /** The turn of the plan; null before the first. */
  readonly plan: Move | null;
  /** Plans so far. */
  readonly plans: number;
  /** Moves since the newest plan. */
  readonly since: readonly Move[];
}

export function planProgress(moves: readonly Move[]): PlanProgress {
  const isPlan = ({ last }: Move) => last.kind === 'plan';
  const latest = moves.findLastIndex(isPlan);
  return {
    plan: moves[latest] ?? null,
    plans: moves.filter(isPlan).length,
    since: moves.slice(latest + 1),
  };
}

/**
 * How far a team has stalled, from the verdicts that its moves carry and the one that is new: one more for each round without
 * progress or in a loop, one less for each other. A new plan begins at nothing, so that one bad round after it does not make
 * the team plan again; and the verdict right after a plan judged no work, so it does not count.
 */
export function stallCount({ since }: PlanProgress, verdict: LedgerVerdict): number {
  const verdicts = [...since.map(({ last }) => last.choice.ledger), verdict].slice(1);
  return verdicts.reduce((count, one) => (one ? afterRound(count, one) : count), 0);
}

function afterRound(count: number, { progress, in_loop }: LedgerVerdict): number {
  return progress && !in_loop ? Math.max(0, count - 1) : count + 1;
}
