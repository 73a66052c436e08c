import { Injectable } from '@nestjs/common';
import { fullModelName } from './model-name';
import { type Priority } from './priority';

/** What an experiment that runs says of itself. */
export interface ExperimentUse {
  /** As its agents name them. */
  readonly models: readonly string[];
  readonly priority: Priority;
  /** Seconds until it will be over, about; null = not known. */
  readonly etaSeconds: () => number | null;
}

/** Which experiments are at work and with which models: who schedules calls, deletes a model or unloads one has to know. */
@Injectable()
export class ModelUse {
  private readonly experiments = new Map<string, ExperimentUse & { readonly names: ReadonlySet<string> }>();

  /**
   * Notes that an experiment uses models.
   * @returns the function that ends it
   */
  hold(experimentId: string, use: ExperimentUse): () => void {
    this.experiments.set(experimentId, { ...use, names: new Set(use.models.map(fullModelName)) });
    return () => this.experiments.delete(experimentId);
  }

  /** Ids of the running experiments that use a model, in whatever spelling. */
  usersOf(model: string): string[] {
    const name = fullModelName(model);
    return [...this.experiments].filter(([, { names }]) => names.has(name)).map(([id]) => id);
  }

  /** What an experiment said of itself; undefined when it does not run. */
  useOf(experimentId: string): ExperimentUse | undefined {
    return this.experiments.get(experimentId);
  }

  /** All that run, by their ids. */
  all(): ReadonlyMap<string, ExperimentUse> {
    return this.experiments;
  }
}
