import { type ContextPolicy } from '../agents/prompt/agent';
import { type ItemFields } from '../agents/prompt/placeholders';
import { type TeamRules } from './team/definition/team-definition';
import { type RunWork } from './transcript';
import { type RunPlan } from './transcript-runs';

/** A run with all that decides its turns. */
export interface ConversationPlan extends RunPlan {
  readonly rules: TeamRules;
  readonly rootSeed: number;
  /** Names the run for its seeds: its number, in a rerun the number that it had first. */
  readonly seedKey: number;
  /** Fields of the dataset item that the run is about. */
  readonly item: ItemFields;
  readonly contextPolicy: ContextPolicy;
}

/** How whoever works on a run is asked to leave it, and hears how it goes. */
export interface RunOrder extends Omit<RunWork, 'runMs'> {
  /** Aborted to break off the turns in progress; the code of its reason says whether the run ends by that. */
  readonly signal: AbortSignal;
  /** Whether to leave the run before its next step. */
  readonly shouldLeave: () => boolean;
  /** Hears of every finished turn. */
  readonly onTurn: () => void;
}

/** The same with the clock of the run. */
export type RunControl = RunOrder & RunWork;
