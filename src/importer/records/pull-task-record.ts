import { type PullProgress } from '../../models/pull-progress';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';
import { type Ending, readEnding } from './ending';
import { createdAtOf, type Reading, timeOrNull } from './reading';
import { checkedId } from './record-checks';

const NUMBERS = ['total', 'completed', 'percent', 'speed', 'disk_space_available_gb'] as const;
const TEXTS = ['digest', 'disk_space_warning'] as const;
const MAX_MODEL_CHARACTERS = 500;

/** A pull of the old server, as it is to be stored. */
export interface PullTaskRecord {
  readonly id: string;
  readonly title: null;
  readonly modelName: string;
  readonly ending: Ending;
  readonly progress: PullProgress | null;
  /** ISO 8601, UTC, as all that follow. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string;
  readonly lastProgressAt: string | null;
  readonly retryCount: number;
  readonly lastRetryAt: string | null;
}

/** @throws Unusable */
export function readPullTask(fields: SourceObject, key: string, reading: Reading): PullTaskRecord {
  const completedAt = timeOrNull(fields, 'completed_at', reading);
  const startedAt = timeOrNull(fields, 'started_at', reading);
  const lastProgressAt = timeOrNull(fields, 'last_progress_update', reading);
  const createdAt = createdAtOf(fields, reading) ?? startedAt ?? completedAt ?? reading.modifiedAt;
  return {
    id: checkedId(fields.wordsOrNull('task_id') ?? key, fields.place('task_id')),
    title: null,
    modelName: modelName(fields),
    ending: readEnding(fields, completedAt !== null, reading.note),
    progress: readProgress(fields.objectOrNull('progress')),
    createdAt,
    startedAt,
    completedAt: completedAt ?? lastProgressAt ?? startedAt ?? createdAt,
    lastProgressAt,
    retryCount: fields.countOrNull('retry_count') ?? 0,
    lastRetryAt: timeOrNull(fields, 'last_retry_at', reading),
  };
}

function modelName(fields: SourceObject): string {
  const name = fields.wordsOrNull('model_name');
  if (name === null || name.length > MAX_MODEL_CHARACTERS) {
    throw new Unusable(
      fields.place('model_name'),
      name === null ? 'is missing' : `has more than ${MAX_MODEL_CHARACTERS} characters`,
    );
  }
  return name;
}

function readProgress(fields: SourceObject | null): PullProgress | null {
  if (fields === null) {
    return null;
  }
  const progress: PullProgress = { status: fields.textOrNull('status') ?? '' };
  for (const name of TEXTS) {
    progress[name] = fields.textOrNull(name) ?? undefined;
  }
  for (const name of NUMBERS) {
    progress[name] = fields.numberOrNull(name) ?? undefined;
  }
  return progress;
}
