import { Injectable } from '@nestjs/common';
import { mostTurns } from '../../conversations/team/plan/most-turns';
import { Database } from '../../database/database';
import { type ExperimentEntity } from '../experiment.entity';
import { RemainingTime, type WorkSoFar } from './remaining-time';

/** Estimates when the experiments that run will be over. Each estimate begins anew whenever the work on an experiment does. */
@Injectable()
export class ExperimentEstimates {
  private readonly running = new Map<string, RemainingTime>();

  constructor(private readonly database: Database) {}

  /** The work on an experiment begins. */
  async begin({
    id,
    iterations,
    rules,
  }: Pick<ExperimentEntity, 'id' | 'iterations' | 'rules'>): Promise<void> {
    const soFar = await this.workSoFar(id, iterations);
    this.running.set(id, new RemainingTime(soFar, mostTurns(rules), performance.now()));
  }

  /** A turn of one of its runs has ended. */
  onTurn(experimentId: string, iteration: number): void {
    this.running.get(experimentId)?.onTurn(iteration, performance.now());
  }

  /** One of its runs has ended. */
  onRunEnded(experimentId: string, iteration: number): void {
    this.running.get(experimentId)?.onRunEnded(iteration);
  }

  /** The work on it has ended, for good or for now. */
  end(experimentId: string): void {
    this.running.delete(experimentId);
  }

  /** Seconds until an experiment is over, about; null when it does not run, and while nothing is known. */
  secondsOf({ id, state }: Pick<ExperimentEntity, 'id' | 'state'>): number | null {
    return state === 'running' ? (this.running.get(id)?.seconds(performance.now()) ?? null) : null;
  }

  /** The seconds of all that are worked on, by their ids. */
  all(): Record<string, number | null> {
    const nowMs = performance.now();
    return Object.fromEntries([...this.running].map(([id, remaining]) => [id, remaining.seconds(nowMs)]));
  }

  private async workSoFar(experimentId: string, runs: number): Promise<WorkSoFar> {
    const [ended] = await this.database.read.query<{ runs: number; turns: number }[]>(
      `SELECT COUNT(*) AS runs, COALESCE(SUM(turn_count), 0) AS turns FROM conversations
        WHERE experiment_id = ? AND state <> 'running'`,
      [experimentId],
    );
    const open = await this.database.read.query<{ iteration: number; turns: number }[]>(
      `SELECT iteration, turn_count AS turns FROM conversations WHERE experiment_id = ? AND state = 'running'`,
      [experimentId],
    );
    return {
      runs,
      endedRuns: ended?.runs ?? 0,
      endedTurns: ended?.turns ?? 0,
      openRuns: open.map(({ iteration, turns }) => [iteration, turns] as const),
    };
  }
}
