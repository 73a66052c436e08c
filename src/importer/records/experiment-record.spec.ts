import { aReading, fieldsOf, reasonFor } from '../testing/a-reading';
import { readRun } from './conversation-record';
import { completeExperiment, readExperiment } from './experiment-record';

const MODIFIED = '2020-01-01T00:00:00.000Z';

function read(value: unknown, runs = 0) {
  const reading = aReading();
  const sketch = readExperiment(fieldsOf(value), 'e', runs, reading);
  return { record: completeExperiment(sketch, undefined, runs, MODIFIED), notes: reading.notes };
}

describe(readExperiment, () => {
  it('reads the task with its items, of which each is a run', () => {
    const { record } = read({
      title: 'Sums',
      status: 'completed',
      created_at: '2026-01-02T10:00:00.123456',
      completed_at: '2026-01-02T11:00:00',
      iterations: 1,
      agents: [{ id: 'a', name: 'Solver', prompt: 'Solve.', color: '#fff', model: 'm', temperature: '0.5' }],
      task: { id: 't', prompt: 'Sum', datasetItems: [{ task: '1 + 1', answer: '2' }, { task: '2 + 2' }] },
    });
    expect(record).toEqual({
      id: 'e',
      title: 'Sums',
      ending: { state: 'completed', errorCode: null, error: null },
      task: {
        id: 't',
        prompt: 'Sum',
        datasetItems: [
          { task: '1 + 1', answer: '2' },
          { task: '2 + 2', answer: null },
        ],
      },
      agents: [
        {
          id: 'a',
          name: 'Solver',
          prompt: 'Solve.',
          color: '#fff',
          model: 'm',
          temperature: 0.5,
          options: {},
        },
      ],
      rules: {
        origin: 'single',
        team: { type: 'round_robin', participants: ['Solver'] },
        stop: { type: 'max_turns', turns: 1 },
        maxTurns: 1000,
      },
      iterations: 2,
      createdAt: '2026-01-02T10:00:00.123Z',
      completedAt: '2026-01-02T11:00:00.000Z',
    });
  });

  it('gives a second agent of the same id one of its own', () => {
    const { record, notes } = read(
      {
        title: 'T',
        agents: [
          { id: 'a', name: 'X' },
          { id: 'a', name: 'Y' },
        ],
      },
      1,
    );
    expect(record.agents.map(({ id, name }) => `${id} ${name}`)).toEqual(['a X', 'a-2 Y']);
    expect(notes).toContain('agents[1].id: another agent has the id "a" too; this one became "a-2"');
  });

  it('takes title, task, agents and time from the first run where the file lacks them', () => {
    const run = readRun(
      fieldsOf({
        agents: [{ id: 'a', name: 'Guide', color: '#fff', model: 'm' }],
        messages: [
          { agentId: 'agent-1', content: 'Plan a trip', model: 'System', timestamp: '2026-01-02T10:00:00' },
        ],
      }),
      { experimentId: 'e', iteration: 1, title: 'Run 1', agents: [], prompt: '', createdAt: null },
      aReading(),
    );
    const sketch = readExperiment(fieldsOf({ title: 'Trip' }), 'e', 3, aReading());
    expect(completeExperiment(sketch, run, 3, MODIFIED)).toMatchObject({
      title: 'Trip',
      task: { id: 'task-e', prompt: 'Plan a trip', datasetItems: null },
      agents: [{ id: 'a', name: 'Guide', prompt: '', temperature: null }],
      iterations: 3,
      createdAt: '2026-01-02T10:00:00.000Z',
      completedAt: null,
    });
    const untitled = readExperiment(
      fieldsOf({ task: { id: '', prompt: 'x'.repeat(200) } }),
      'e',
      0,
      aReading(),
    );
    expect(completeExperiment(untitled, undefined, 0, MODIFIED)).toMatchObject({
      title: `${'x'.repeat(100)}...`,
      createdAt: MODIFIED,
    });
  });

  it('says which time it cannot read', () => {
    expect(read({ title: 'T', status: 'completed', created_at: 'yesterday' }).notes).toEqual([
      'created_at: "yesterday" is not a time',
    ]);
  });

  it.each<[unknown, string]>([
    [{}, 'is no experiment: it has neither a task nor a title'],
    [{ title: 7 }, 'title: must be text, not the number 7'],
    [
      { title: 'T', task: { prompt: 'P', datasetItems: [{ answer: '2' }] } },
      'task.datasetItems[0].task: is missing',
    ],
    [
      { title: 'T', agents: [{ id: 'a', temperature: 'hot' }] },
      'agents[0].temperature: must be a number, not text',
    ],
    [
      { title: 'T', agents: Array.from({ length: 65 }, () => ({ id: 'a' })) },
      'agents: has more than 64 entries (MAX_AGENTS)',
    ],
  ])('refuses %j', (value, reason) => {
    expect(reasonFor(() => read(value))).toBe(reason);
  });
});
