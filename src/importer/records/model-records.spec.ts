import { aReading, fieldsOf, reasonFor } from '../testing/a-reading';
import { inCatalogOrder, readCatalogEntry } from './catalog-record';
import { readPullTask } from './pull-task-record';

describe(readPullTask, () => {
  it('reads what the old server stored', () => {
    const task = readPullTask(
      fieldsOf({
        task_id: 'p',
        model_name: ' m:1b ',
        status: 'completed',
        progress: { status: 'success', total: 10, completed: 10, extra: 'x' },
        created_at: '2026-01-02T10:00:00',
        started_at: '2026-01-02T10:00:01',
        completed_at: '2026-01-02T10:00:02',
        last_progress_update: '2026-01-02T10:00:03',
        retry_count: 2,
        last_retry_at: '2026-01-02T10:00:04',
      }),
      'key',
      aReading(),
    );
    expect(task).toEqual({
      id: 'p',
      title: null,
      modelName: 'm:1b',
      ending: { state: 'completed', errorCode: null, error: null },
      progress: { status: 'success', total: 10, completed: 10 },
      createdAt: '2026-01-02T10:00:00.000Z',
      startedAt: '2026-01-02T10:00:01.000Z',
      completedAt: '2026-01-02T10:00:02.000Z',
      lastProgressAt: '2026-01-02T10:00:03.000Z',
      retryCount: 2,
      lastRetryAt: '2026-01-02T10:00:04.000Z',
    });
  });

  it('goes by the key of the map, and ends at the last known time', () => {
    const task = readPullTask(fieldsOf({ model_name: 'm', status: 'running' }), 'key', aReading());
    expect(task).toMatchObject({ id: 'key', completedAt: '2020-01-01T00:00:00.000Z', progress: null });
  });

  it.each<[unknown, string]>([
    [{ status: 'running' }, 'model_name: is missing'],
    [{ model_name: 'm', progress: [] }, 'progress: must be an object, not a list'],
    [{ model_name: 'm', progress: { total: 'all' } }, 'progress.total: must be a number, not text'],
    [{ model_name: 'm', retry_count: -1 }, 'retry_count: must be a whole number from 0, not the number -1'],
    [{ model_name: 'm', task_id: 'x'.repeat(201) }, 'task_id: has more than 200 characters'],
  ])('refuses %j', (value, reason) => {
    expect(reasonFor(() => readPullTask(fieldsOf(value), 'key', aReading()))).toBe(reason);
  });
});

describe(readCatalogEntry, () => {
  it('reads both spellings and leaves open what is not known', () => {
    expect(readCatalogEntry(fieldsOf({ name: 'M', tag: 'm:1b', pullCount: 3 }))).toEqual({
      name: 'M',
      tag: 'm:1b',
      size: null,
      family: null,
      quant: null,
      description: null,
      notes: null,
      pull_count: 3,
    });
    expect(reasonFor(() => readCatalogEntry(fieldsOf({ name: 'M' })))).toBe('tag: is missing');
  });

  it('orders by pulls, then by name', () => {
    const entry = (name: string, pulls: number) =>
      readCatalogEntry(fieldsOf({ name, tag: name, pull_count: pulls }));
    const ordered = inCatalogOrder([entry('b', 1), entry('a', 1), entry('c', 2)]);
    expect(ordered.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});
