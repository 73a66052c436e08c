import { type Settings } from '../config/settings.schema';
import { type CatalogEntry } from '../models/catalog/model-catalog.entity';
import { type CatalogRecord, inCatalogOrder, readCatalogEntry } from './records/catalog-record';
import { type PullTaskRecord, readPullTask } from './records/pull-task-record';
import { timeOrNull } from './records/reading';
import { safeObject } from './records/record-checks';
import { type RecordKindName, type Report } from './report';
import { type SourceReader } from './source-reader';
import { SourceObject } from './source/source-object';
import { CATALOG, PULL_TASKS } from './source/survey';
import { catalogStore, pullTaskStore } from './store/model-stores';
import { planFor } from './store/plan';
import { type AnyRecord, type RecordStore } from './store/record-store';
import { type Target } from './store/target';
import { reasonOf, Unusable } from './unusable';

export interface ModelsContext {
  readonly reader: SourceReader;
  readonly target: Target;
  readonly report: Report;
  readonly settings: Settings;
}

/** Moves the pulls. */
export async function importPullTasks(context: ModelsContext): Promise<void> {
  const tasks = attempt(context, 'pull tasks', PULL_TASKS, () => readPullTasks(context));
  await store(context, pullTaskStore, tasks ?? [], PULL_TASKS);
}

/** Moves the catalog. */
export async function importCatalog(context: ModelsContext): Promise<void> {
  const catalog = attempt(context, 'catalog', CATALOG, () => readCatalog(context));
  await store(context, catalogStore, catalog ? [catalog] : [], CATALOG);
}

/** A map from ids to tasks, each of which is usable or not by itself. */
function readPullTasks(context: ModelsContext): PullTaskRecord[] {
  const { json, reading } = context.reader.open({ path: PULL_TASKS, isOlder: false });
  const tasks = new Map<string, PullTaskRecord>();
  for (const [key, value] of SourceObject.of(json).entries()) {
    attempt(context, 'pull tasks', PULL_TASKS, () => {
      const task = readPullTask(safeObject(value, context.settings, key), key, {
        ...reading,
        note: (text) => reading.note(`${key}: ${text}`),
      });
      if (tasks.has(task.id)) {
        throw new Unusable(key, `has the same id as another: ${task.id}`);
      }
      tasks.set(task.id, task);
    });
  }
  return [...tasks.values()];
}

/** `{"models": […], "updated_at": …}` or the list alone. */
function readCatalog(context: ModelsContext): CatalogRecord {
  const { json, reading } = context.reader.open({ path: CATALOG, isOlder: false });
  const fields = Array.isArray(json) ? null : SourceObject.of(json);
  const items = fields ? fields.listOrNull('models') : (json as unknown[]);
  if (items === null) {
    throw new Unusable('models', 'is missing');
  }
  const entries = new Map<string, CatalogEntry>();
  for (const [index, item] of items.entries()) {
    attempt(context, 'catalog', CATALOG, () => {
      const place = `${fields ? 'models' : ''}[${index}]`;
      const entry = readCatalogEntry(safeObject(item, context.settings, place));
      if (entries.has(entry.tag)) {
        throw new Unusable(`${place}.tag`, `is there twice: ${entry.tag}`);
      }
      entries.set(entry.tag, entry);
    });
  }
  return {
    id: '1',
    title: null,
    models: inCatalogOrder([...entries.values()]),
    updatedAt: (fields && timeOrNull(fields, 'updated_at', reading)) ?? reading.modifiedAt,
  };
}

async function store<T extends AnyRecord>(
  { target, report }: ModelsContext,
  recordStore: RecordStore<T>,
  records: readonly T[],
  path: string,
): Promise<void> {
  const plan = await planFor(
    recordStore,
    records.map((record) => ({ record, path })),
    target.read,
  );
  if (plan.changed.length > 0) {
    await target.write((tx) => plan.write(tx));
  }
  plan.tell(report);
}

function attempt<T>({ report }: ModelsContext, kind: RecordKindName, path: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    report.skip(kind, path, reasonOf(error));
    return null;
  }
}
