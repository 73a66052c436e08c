import { changed } from '../support/changed';
import { outcome, problemTexts } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const START = '/api/experiments/start';

/** A valid request that uses every field. */
const WHOLE = anExperiment({
  task: {
    id: 'task-1',
    prompt: 'Plan a trip',
    datasetItems: [{ task: 'One?', answer: '1' }, { task: 'Two?' }],
  },
  agents: [
    anAgent('Guide', {
      temperature: 0.5,
      options: { top_k: 40, stop: ['END'], think: false, keep_alive: '10m' },
    }),
    anAgent('Critic'),
  ],
  chat_rules: {
    max_rounds: 2,
    team_type: 'round_robin',
    selector_prompt: null,
    allow_repeat_speaker: false,
    max_consecutive_auto_reply: null,
    termination_condition: null,
  },
  timeout_seconds: 60,
  seed: 7,
});

/** What each kind of field refuses, and the type of the problem. */
const WRONG: Readonly<Record<string, readonly (readonly [value: unknown, type: string])[]>> = {
  text: [5, true, [], {}].map((value) => [value, 'string_type']),
  word: [5, true, null, [], {}, '', 'swarm', 'Round_Robin', ['selector']].map((value) => [
    value,
    'literal_error',
  ]),
  integer: [
    ...[true, [], {}, [1]].map((value) => [value, 'int_type'] as const),
    ...['', ' ', 'x', '1.5', '1e3', '0x1', '1,0'].map((value) => [value, 'int_parsing'] as const),
    [1.5, 'int_from_float'],
  ],
  float: [
    ...[true, [], {}].map((value) => [value, 'float_type'] as const),
    ...['', 'x', 'NaN', 'Infinity', '0,5'].map((value) => [value, 'float_parsing'] as const),
  ],
  boolean: [
    ...[[], {}].map((value) => [value, 'bool_type'] as const),
    ...['', 'maybe', 2, -1].map((value) => [value, 'bool_parsing'] as const),
  ],
  object: [5, 'x', true, [], [{}]].map((value) => [value, 'model_attributes_type']),
  list: [5, 'x', true, {}].map((value) => [value, 'list_type']),
  'choice of types': [null, [], {}, '', 'long'].map((value) => [value, 'value_error']),
};

const OPTIONS = 'agents.0.options';

/** Every field: place, kind, what null is, whether it may be left out (`missing` when not). */
const FIELDS: readonly (readonly [
  path: string,
  kind: string,
  ofNull: string | null,
  ofNothing: string | null,
])[] = [
  ['task', 'object', 'model_attributes_type', 'missing'],
  ['task.id', 'text', 'string_type', 'missing'],
  ['task.prompt', 'text', 'string_type', 'missing'],
  ['task.datasetItems', 'list', null, null],
  ['task.datasetItems.1', 'object', 'model_attributes_type', null],
  ['task.datasetItems.1.task', 'text', 'string_type', 'missing'],
  ['task.datasetItems.1.answer', 'text', null, null],
  ['agents', 'list', 'list_type', 'missing'],
  ['agents.1', 'object', 'model_attributes_type', null],
  ['agents.1.id', 'text', 'string_type', 'missing'],
  ['agents.1.name', 'text', 'string_type', 'missing'],
  ['agents.1.prompt', 'text', 'string_type', 'missing'],
  ['agents.1.model', 'text', 'string_type', 'missing'],
  ['agents.1.color', 'text', 'string_type', 'missing'],
  ['agents.0.temperature', 'float', null, null],
  [OPTIONS, 'object', null, null],
  [`${OPTIONS}.temperature`, 'float', 'float_type', null],
  [`${OPTIONS}.top_p`, 'float', 'float_type', null],
  [`${OPTIONS}.top_k`, 'integer', 'int_type', null],
  [`${OPTIONS}.min_p`, 'float', 'float_type', null],
  [`${OPTIONS}.repeat_penalty`, 'float', 'float_type', null],
  [`${OPTIONS}.seed`, 'integer', 'int_type', null],
  [`${OPTIONS}.num_predict`, 'integer', 'int_type', null],
  [`${OPTIONS}.num_ctx`, 'integer', 'int_type', null],
  [`${OPTIONS}.stop`, 'list', 'list_type', null],
  [`${OPTIONS}.think`, 'choice of types', 'value_error', null],
  [`${OPTIONS}.keep_alive`, 'choice of types', 'value_error', null],
  ['iterations', 'integer', 'int_type', null],
  ['chat_rules', 'object', null, null],
  ['chat_rules.max_rounds', 'integer', 'int_type', null],
  ['chat_rules.team_type', 'word', 'literal_error', null],
  ['chat_rules.selector_prompt', 'text', null, null],
  ['chat_rules.allow_repeat_speaker', 'boolean', null, null],
  ['chat_rules.max_consecutive_auto_reply', 'integer', null, null],
  ['chat_rules.termination_condition', 'text', null, null],
  ['timeout_seconds', 'float', null, null],
  ['seed', 'integer', null, null],
];

/** Values of the right type that a rule refuses. */
const REFUSED: readonly (readonly [path: string, type: string, values: readonly unknown[]])[] = [
  ['task.id', 'string_too_long', ['x'.repeat(201), '😀'.repeat(201)]],
  ['task.prompt', 'value_error', ['', '   ', '\t\r\n\u2003', 'a\0b', '\ud800', '\udc00x']],
  ['task.prompt', 'string_too_long', ['x'.repeat(1_000_001)]],
  ['task.datasetItems.1.task', 'value_error', ['', ' \n ', '\0']],
  ['task.datasetItems.1.answer', 'value_error', ['a\0', '\ud83d']],
  ['agents', 'too_short', [[]]],
  ['agents', 'too_long', [manyAgents(65), manyAgents(10_000)]],
  ['agents.0', 'model_attributes_type', [[], null, 'x', 5]],
  ['agents.1.name', 'value_error', ['', '  ', 'a\0', '\udfff']],
  ['agents.1.name', 'string_too_long', ['A'.repeat(101), 'A'.repeat(10_000)]],
  ['agents.1.prompt', 'value_error', ['', '\n\n']],
  ['agents.1.model', 'value_error', ['', ' ']],
  ['agents.1.model', 'string_too_long', ['m'.repeat(501)]],
  ['agents.1.color', 'string_too_long', ['#'.repeat(201)]],
  ['agents.1.id', 'string_too_long', ['i'.repeat(201)]],
  ['agents.0.temperature', 'greater_than_equal', [-0.1, '-1', -1e308]],
  ['agents.0.temperature', 'less_than_equal', [1.01, 2, 1e308]],
  [`${OPTIONS}.temperature`, 'less_than_equal', [2.1]],
  [`${OPTIONS}.top_k`, 'greater_than_equal', [-1]],
  [`${OPTIONS}.num_ctx`, 'greater_than_equal', [0, 15]],
  [`${OPTIONS}.num_predict`, 'greater_than_equal', [0, -2]],
  [`${OPTIONS}.seed`, 'less_than_equal', [2 ** 31, Number.MAX_SAFE_INTEGER]],
  [`${OPTIONS}.stop`, 'too_long', [Array.from({ length: 17 }, () => 'x')]],
  [`${OPTIONS}.stop.0`, 'string_too_short', ['']],
  [`${OPTIONS}.stop.0`, 'string_type', [5, null, []]],
  [`${OPTIONS}.keep_alive`, 'value_error', ['10 minutes', '; rm -rf /', true]],
  ['chat_rules.max_rounds', 'greater_than_equal', [0, -1]],
  ['chat_rules.max_rounds', 'less_than_equal', [101, 1e300]],
  ['chat_rules.selector_prompt', 'value_error', ['{roles}\0']],
  ['chat_rules.termination_condition', 'value_error', ['\ud800']],
  ['timeout_seconds', 'greater_than_equal', [0, -5]],
  ['timeout_seconds', 'less_than_equal', [1e12]],
  ['seed', 'greater_than_equal', [-1]],
  ['seed', 'less_than_equal', [2 ** 31]],
];

function manyAgents(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: `a${index}`,
    name: `A${index}`,
    prompt: 'p',
    color: '',
    model: 'm',
  }));
}

const refused = (type: string, path: string) => `422 VALIDATION_FAILED [${type} body.${path}]`;

describe('the fields of a request to start an experiment', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA);
  });
  afterEach(async () => {
    expect(await server.api.list()).toEqual([]);
    expect(server.complaint()).toBeNull();
  });
  afterAll(() => server.close());

  const post = (body: unknown) =>
    send(server.url, { method: 'POST', path: START, body: JSON.stringify(body) });

  /** The outcomes of the request with each of the values at this place. */
  const outcomes = (path: string, values: readonly unknown[], base: unknown = WHOLE) =>
    Promise.all(
      values.map(async (value) => [value, outcome(await post(changed(base, path, value)))] as const),
    );

  it.each(FIELDS)('%s is refused when it is no %s', async (path, kind, ofNull, ofNothing) => {
    const wrong = [
      ...(WRONG[kind] ?? []).filter(([value]) => value !== null),
      ...(ofNull === null ? [] : [[null, ofNull] as const]),
      ...(ofNothing === null ? [] : [[undefined, ofNothing] as const]),
    ];
    expect(wrong.length).toBeGreaterThan(3);
    expect(
      await outcomes(
        path,
        wrong.map(([value]) => value),
      ),
    ).toEqual(wrong.map(([value, type]) => [value, refused(type, path)]));
  });

  it.each(REFUSED)('%s is refused with %s', async (path, type, values) => {
    const answers = await outcomes(path, values);
    expect(answers.map(([, result]) => result)).toEqual(values.map(() => refused(type, path)));
  });

  it.each([
    [0, 'greater_than_equal'],
    [-1, 'greater_than_equal'],
    ['0', 'greater_than_equal'],
    [1001, 'less_than_equal'],
    [1e300, 'less_than_equal'],
  ])('%p iterations are refused', async (iterations, type) => {
    expect(outcome(await post(anExperiment({ iterations })))).toBe(refused(type, 'iterations'));
  });

  it('all wrong items of a long list are named with their places', async () => {
    const items: unknown[] = Array.from({ length: 60 }, (_, index) => ({ task: `Question ${index}?` }));
    items[20] = { task: 5 };
    items[33] = 'Question 33?';
    items[40] = { task: ' ', answer: [] };
    expect(outcome(await post(changed(WHOLE, 'task.datasetItems', items)))).toBe(
      `422 VALIDATION_FAILED [${[
        'string_type body.task.datasetItems.20.task',
        'model_attributes_type body.task.datasetItems.33',
        'value_error body.task.datasetItems.40.task',
        'string_type body.task.datasetItems.40.answer',
      ].join(', ')}]`,
    );
  });

  it('no answer names more than 100 wrong fields or grows with what was sent', async () => {
    const answer = await post({
      task: 'x'.repeat(100_000),
      agents: Array.from({ length: 5_000 }, () => [{}]),
    });
    expect(problemTexts(answer)).toHaveLength(100);
    expect(answer.text.length).toBeLessThan(50_000);
  });

  it.each([
    ['topk', "unknown field 'topk'; did you mean 'top_k'?"],
    ['temprature', "unknown field 'temprature'; did you mean 'temperature'?"],
    ['numCtx', "unknown field 'numCtx'; did you mean 'num_ctx'?"],
    ['constructor', expect.stringContaining("unknown field 'constructor'; known fields: temperature")],
    ['prototype', expect.stringContaining("unknown field 'prototype'; known fields: temperature")],
  ])('an unknown option %s is named with the nearest known one', async (name, text) => {
    const answer = await post(changed(WHOLE, `${OPTIONS}.${name}`, 1));
    expect(outcome(answer)).toBe(refused('extra_forbidden', `${OPTIONS}.${name}`));
    expect(problemTexts(answer)).toEqual([text]);
  });

  it.each([
    '',
    'task.',
    'task.datasetItems.0.',
    'agents.1.',
    `${OPTIONS}.`,
    'chat_rules.',
    'anything.',
    'agents.0.extra.0.',
  ])('a key in "%s" that no field may have is refused', async (place) => {
    const extra = changed(WHOLE, 'agents.0.extra', [{}]);
    for (const key of ['__proto__', 'a\0b', '\ud800']) {
      expect(await outcomes(place + key, [{ polluted: true }, null], extra)).toEqual([
        [{ polluted: true }, refused('value_error', place + key)],
        [null, refused('value_error', place + key)],
      ]);
    }
  });

  it('the request that all of these were made of is taken', async () => {
    const answer = await post(WHOLE);
    expect(outcome(answer)).toBe('200');
    const { experiment_id: id } = answer.json as { experiment_id: string };
    expect(outcome(await send(server.url, { method: 'DELETE', path: `/api/experiments/${id}` }))).toBe('200');
  });
});
