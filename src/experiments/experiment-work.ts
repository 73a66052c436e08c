import { type WriteOptions } from '../database/database';
import { type ActiveClock } from './active-clock';
import { type ActiveExperiment } from './active-experiment';
import { type ExperimentEntity } from './experiment.entity';

/** What the work on an experiment needs of the one who orders it. */
export interface WorkOrder {
  /** Set for an experiment that has waited: whether it runs alone. */
  readonly alone: boolean | null;
  /** Whether the server stops: what is left is put back. */
  readonly isClosing: () => boolean;
  /** Aborted when the server stops and nothing more can be stored. */
  readonly storing: AbortSignal;
  /** Hears of every finished turn. */
  readonly onTurn: () => void;
}

/** The work on an experiment as it goes on. */
export interface ExperimentWork {
  readonly active: ActiveExperiment;
  readonly experiment: ExperimentEntity;
  readonly order: WorkOrder;
  readonly clock: ActiveClock;
}

/** For what begins work. */
export function patience({ storing }: WorkOrder): WriteOptions {
  return { untilStored: storing };
}

/** For what ends work: on a full volume it may use the last room, since it makes room. */
export function lastPatience(order: WorkOrder): WriteOptions {
  return { ...patience(order), makesRoom: true };
}
