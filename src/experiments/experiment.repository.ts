import { Injectable } from '@nestjs/common';
import { type EntityManager, In, Not } from 'typeorm';
import { DomainError } from '../common/errors/domain-error';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/pages/cursor';
import { ConversationRemoval } from '../conversations/conversation-removal';
import { usesModelSql } from '../agents/uses-model-sql';
import { Database } from '../database/database';
import { type ExperimentListEntry, type StatusData } from '../live/event-types';
import { fullModelName } from '../ollama/model-name';
import { type ExperimentListQuery } from './dto/experiment-queries.dto';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { ExperimentEntity } from './experiment.entity';
import { EXPERIMENT_STATES, isTerminal, legacyStatus, type PauseReason } from './experiment-state';
import { statusData } from './experiment-views';

/** `state` as existing clients know it, in SQL. */
const STATUS_SQL = `CASE state ${EXPERIMENT_STATES.map((state) => `WHEN '${state}' THEN '${legacyStatus(state)}'`).join(' ')} END`;

/** Place of an experiment among those that wait to run; null for others. */
const QUEUE_POSITION_SQL = `CASE WHEN state = 'queued' THEN (
  SELECT COUNT(*) FROM experiments ahead WHERE ahead.state = 'queued'
     AND (ahead.queued_at, ahead.id) <= (experiments.queued_at, experiments.id)) END`;

/** Seconds until an experiment is over; the estimates are a parameter, as a JSON object with the ids as keys. */
const ETA_SECONDS_SQL = `CASE WHEN state = 'running' THEN ? ->> id END`;

/** An entry of the list, built by SQLite: most of the cost of a list is its JSON. */
const LIST_ENTRY_SQL = `json_object(
  'experiment_id', id, 'title', title, 'status', ${STATUS_SQL}, 'state', state, 'pause_reason', pause_reason,
  'queue_position', ${QUEUE_POSITION_SQL}, 'eta_seconds', ${ETA_SECONDS_SQL}, 'created_at', created_at,
  'completed_at', completed_at, 'agent_count', json_array_length(agents), 'message_count', message_count,
  'iterations', iterations, 'current_iteration', current_iteration, 'completed_runs', completed_runs,
  'failed_runs', failed_runs, 'error_code', error_code, 'error', error, 'agents', json(agents))`;

const UNFINISHED_STATES = EXPERIMENT_STATES.filter((state) => !isTerminal(state));

/** Reads experiments. */
@Injectable()
export class ExperimentRepository {
  constructor(
    private readonly database: Database,
    private readonly removal: ConversationRemoval,
    private readonly estimates: ExperimentEstimates,
  ) {}

  /**
   * To be asked before an experiment is created or made again.
   * @throws DomainError STORAGE_FULL
   */
  assertRoom(): void {
    this.database.storage.assertRoom();
  }

  find(id: string): Promise<ExperimentEntity | null> {
    return this.database.read.findOneBy(ExperimentEntity, { id });
  }

  /** @throws DomainError EXPERIMENT_NOT_FOUND */
  async get(id: string): Promise<ExperimentEntity> {
    const experiment = await this.find(id);
    if (!experiment) {
      throw experimentNotFound(id);
    }
    return experiment;
  }

  /**
   * Experiments, newest first, as the JSON text of the answer. The entries are joined as texts: SQLite's own
   * json_group_array would parse each of them again, which doubles the cost.
   */
  async listJson(query: ExperimentListQuery): Promise<string> {
    const page = pageOf(query);
    const { where, parameters } = experimentFilter(query);
    const newest = `FROM experiments ${where} ORDER BY created_at DESC, id DESC`;
    const [row] = await this.database.read.query<{ entries: string | null }[]>(
      `SELECT group_concat(entry, ',') AS entries
         FROM (SELECT ${LIST_ENTRY_SQL} AS entry ${newest} ${page === null ? '' : 'LIMIT ?'})`,
      [this.etaParameter(), ...parameters, ...(page === null ? [] : [page])],
    );
    const list = `"experiments":[${row?.entries ?? ''}]`;
    if (page === null) {
      return `{${list}}`;
    }
    const [last, following] = await this.database.read.query<{ time: string; id: string }[]>(
      `SELECT created_at AS time, id ${newest} LIMIT 2 OFFSET ?`,
      [...parameters, page - 1],
    );
    const next = last && following ? encodeCursor(last) : null;
    return `{${list},"next_cursor":${JSON.stringify(next)}}`;
  }

  /** One entry of the list; null when the experiment is gone. */
  async listEntry(id: string): Promise<ExperimentListEntry | null> {
    const [row] = await this.database.read.query<{ entry: string }[]>(
      `SELECT ${LIST_ENTRY_SQL} AS entry FROM experiments WHERE id = ?`,
      [this.etaParameter(), id],
    );
    return row ? (JSON.parse(row.entry) as ExperimentListEntry) : null;
  }

  /** Experiments that a stopped server left unfinished, oldest first. */
  findUnfinished(): Promise<ExperimentEntity[]> {
    return this.database.read.find(ExperimentEntity, {
      where: { state: In(UNFINISHED_STATES) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** Experiments that wait to run. */
  findQueued(): Promise<ExperimentEntity[]> {
    return this.database.read.findBy(ExperimentEntity, { state: 'queued' });
  }

  /** Experiments that are paused for one of these reasons. */
  findPaused(reasons: readonly PauseReason[]): Promise<ExperimentEntity[]> {
    return this.database.read.find(ExperimentEntity, {
      where: { state: 'paused', pauseReason: In([...reasons]) },
    });
  }

  /** Where an experiment stands now. */
  async status(experiment: ExperimentEntity): Promise<StatusData> {
    return statusData(experiment, await this.queuePosition(experiment), this.estimates.secondsOf(experiment));
  }

  /** Place of an experiment among those that wait to run; null when it does not. */
  queuePosition(experiment: ExperimentEntity): Promise<number | null> {
    return queuePositionOf(this.database.read, experiment);
  }

  /** Numbers of the runs that ended well. */
  async completedIterations(experimentId: string): Promise<Set<number>> {
    const rows = await this.database.read.query<{ iteration: number }[]>(
      `SELECT iteration FROM conversations WHERE experiment_id = ? AND state = 'completed'`,
      [experimentId],
    );
    return new Set(rows.map(({ iteration }) => iteration));
  }

  /** Sets the title. Gives false when the experiment is gone. */
  setTitle(id: string, title: string): Promise<boolean> {
    return this.database.write(async (tx) => {
      const { affected } = await tx.update(ExperimentEntity, { id, title: Not(title) }, { title });
      return (affected ?? 0) > 0;
    });
  }

  /** Removes an experiment and all that was said in it. */
  remove(id: string): Promise<void> {
    return this.removal.removeRuns(id, (tx) => tx.delete(ExperimentEntity, { id }));
  }

  private etaParameter(): string {
    return JSON.stringify(this.estimates.all());
  }
}

/** Entries of a page; null when the whole list is asked for. */
function pageOf({ limit, cursor }: ExperimentListQuery): number | null {
  return limit ?? (cursor === undefined ? null : DEFAULT_PAGE);
}

/** What the list is narrowed down to. @throws ValidationFailedError when the cursor is none of ours */
function experimentFilter({ cursor, status, model, from, to }: ExperimentListQuery): {
  where: string;
  parameters: string[];
} {
  const conditions: [string, string[]][] = [];
  if (cursor !== undefined) {
    const { time, id } = decodeCursor(cursor);
    conditions.push(['(created_at, id) < (?, ?)', [time, id]]);
  }
  if (status !== undefined) {
    const states = EXPERIMENT_STATES.filter((state) => legacyStatus(state) === status);
    conditions.push([`state IN (${states.map(() => '?').join(', ')})`, states]);
  }
  if (model !== undefined) {
    conditions.push([usesModelSql('agents'), [fullModelName(model)]]);
  }
  if (from !== undefined) {
    conditions.push(['created_at >= ?', [from]]);
  }
  if (to !== undefined) {
    conditions.push(['created_at < ?', [to]]);
  }
  return {
    where: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`,
    parameters: conditions.flatMap(([, values]) => values),
  };
}

/** Place of an experiment among those that wait to run, from 1; null when it does not wait. */
export async function queuePositionOf(
  manager: EntityManager,
  { state, queuedAt, id }: Pick<ExperimentEntity, 'state' | 'queuedAt' | 'id'>,
): Promise<number | null> {
  if (state !== 'queued') {
    return null;
  }
  const [row] = await manager.query<{ position: number }[]>(
    `SELECT COUNT(*) AS position FROM experiments WHERE state = 'queued' AND (queued_at, id) <= (?, ?)`,
    [queuedAt, id],
  );
  return row?.position ?? null;
}

export function experimentNotFound(id: string): DomainError {
  return new DomainError('EXPERIMENT_NOT_FOUND', 'Experiment not found', {
    resource_type: 'experiment',
    resource_id: id,
  });
}
