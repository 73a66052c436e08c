import { Injectable } from '@nestjs/common';
import { fullModelName } from './model-name';

/** Which models are at work, and for which experiments: who would delete or unload one has to know. */
@Injectable()
export class ModelUse {
  private readonly experiments = new Map<string, ReadonlySet<string>>();

  /**
   * Notes that an experiment uses models.
   * @returns the function that ends it
   */
  hold(experimentId: string, models: readonly string[]): () => void {
    this.experiments.set(experimentId, new Set(models.map(fullModelName)));
    return () => this.experiments.delete(experimentId);
  }

  /** Ids of the running experiments that use a model, in whatever spelling. */
  usersOf(model: string): string[] {
    const name = fullModelName(model);
    return [...this.experiments].filter(([, models]) => models.has(name)).map(([id]) => id);
  }
}
