/** A run of an experiment, and where it is. */
export interface FoundRun {
  readonly path: string;
  readonly iteration: number;
  /** Times without a zone are UTC in the older layouts, and on the clocks of the server in the current one. */
  readonly isOlder: boolean;
}

export interface FoundExperiment {
  readonly id: string;
  readonly path: string;
  readonly isOlder: boolean;
  /** In the order of their numbers. */
  readonly runs: readonly FoundRun[];
}

/** A conversation that a client saved or imported. */
export interface FoundConversation {
  readonly id: string;
  readonly path: string;
  readonly isOlder: boolean;
}

/** What there is in the source, with the ids; nothing else of it is kept in memory. */
export interface Survey {
  readonly experiments: readonly FoundExperiment[];
  readonly conversations: readonly FoundConversation[];
  /** Titles of runs that were edited in a copy, by the id of the run. */
  readonly runTitles: ReadonlyMap<string, string>;
  readonly hasPullTasks: boolean;
  readonly hasCatalog: boolean;
}

/** The files and folders of the data directory. */
export const PULL_TASKS = 'pull_tasks.json';
export const CATALOG = 'model_catalog.json';
export const SAVED = 'imported_conversations';
/** Runs and saved conversations of the older layouts; in the current one the folder of an experiment has one. */
export const CONVERSATIONS = 'conversations';
