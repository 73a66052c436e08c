/** Something that is wrong with a request, or worth knowing. */
export class CheckNote {
  /** Where it stands in the request (RFC 6901); empty = the whole. @example "/team/participants/0" */
  pointer!: string;
  /** Kind of it: a code of the list of errors, or the type of a wrong field. @example "unknown_agent" */
  code!: string;
  /** Text for people. @example "'Gide' is no agent of this request; did you mean 'Guide'?" */
  message!: string;
}

/** Turns of one run. */
export class PlannedTurns {
  /** At least, when nothing fails. @example 2 */
  min!: number;
  /** At most, by the limits of the request and MAX_TURNS. @example 8 */
  max!: number;
}

/** Calls to models of all runs, further attempts at broken streams left out. */
export class PlannedCalls {
  /** All of them, at most. @example 16 */
  max!: number;
  /** Turns of agents, votes and plans among them. @example 8 */
  reply!: number;
  /** Questions who speaks next. @example 8 */
  selector!: number;
  /** Questions of managers where the work stands. @example 0 */
  ledger!: number;
  /** Questions whether an agent hands over. @example 0 */
  handoff!: number;
  /** Second tries at answers that do not fit their form. @example 0 */
  repair!: number;
}

/** Tokens of all runs, about. */
export class PlannedTokens {
  /** @example 5200 */
  prompt!: number;
  /** By what the model said on average, else by the most that an answer may have. @example 1600 */
  completion!: number;
  /** @example 6800 */
  total!: number;
}

/** How fast a model was on this machine in its latest calls. */
export class MeasuredRate {
  /** @example "llama3.2:3b" */
  model!: string;
  /** Tokens generated in a second; null = not measured yet. @example 42.5 */
  tokens_per_second!: number | null;
  /** Tokens of prompts read in a second; null = not measured yet. @example 900 */
  prompt_tokens_per_second!: number | null;
  /** Seconds that it takes to load; null = not seen yet. @example 3.2 */
  load_seconds!: number | null;
  /** Calls that were measured. @example 120 */
  calls!: number;
}

/** What the calls cost when those of all open runs are scheduled together, as they are when the experiment is started. */
export class ScheduledPlan {
  /** Runs that are open side by side: what the request asks for, or what `auto` comes to now; at most all runs. @example 50 */
  parallelism!: number;
  /** Loads of models at a server, at most. @example 8 */
  loads!: number;
  /** With calls side by side in all slots of all servers; null while a model of the request was not measured on this machine. @example 1.2 */
  minutes!: number | null;
}

/**
 * What an experiment will take at most: the longest course that its rules allow, in which nothing that is said ends it.
 */
export class ExperimentPlan {
  /** @example 1 */
  runs!: number;
  turns!: PlannedTurns;
  model_calls!: PlannedCalls;
  /** Loads of models when calls are made one by one, run by run, and one model fits into the memory. @example 2 */
  loads!: number;
  tokens!: PlannedTokens;
  /** When calls are made so; null while a model of the request was not measured on this machine. @example 1.5 */
  minutes!: number | null;
  scheduled!: ScheduledPlan;
  /** Of the models that are used, in the order in which they first are. */
  rates!: MeasuredRate[];
}

/** What was found in a request that was not started. */
export class ExperimentCheck {
  /** Whether `start` can run it: there are no errors. @example false */
  valid!: boolean;
  errors!: CheckNote[];
  /** They do not keep it from being started. */
  warnings!: CheckNote[];
  /** Null when the request itself is wrong. */
  plan!: ExperimentPlan | null;
}
