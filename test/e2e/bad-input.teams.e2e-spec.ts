import { outcome, problemTexts, shapeFault } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { mutated } from '../support/mutations';
import { Random } from '../support/random';
import { send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const START = '/api/experiments/start';
const VALIDATE = '/api/experiments/validate';
const MUTATIONS = 1_000;

/** `FUZZ_SEED=… npx jest …` repeats a run that failed. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** The least that each type of team needs. */
const LEAST: Readonly<Record<string, object>> = {
  round_robin: { participants: ['Ann'] },
  selector: { participants: ['Ann', 'Bob'] },
  random: { participants: ['Ann', 'Bob'] },
  swarm: { participants: ['Ann', 'Bob'] },
  graph: { nodes: [{ id: 'Ann' }] },
  magentic: { manager: 'Ann', participants: ['Bob'] },
  panel: { participants: ['Ann', 'Bob'] },
  debate: { sides: ['Ann', 'Bob'] },
  critic: { author: 'Ann', critic: 'Bob' },
  moderator: { moderator: 'Ann', participants: ['Bob'] },
  consensus: { participants: ['Ann', 'Bob'] },
  pipeline: { stages: ['Ann', 'Bob'] },
};

/** A field that each type of team has, with something that it does not take. */
const WRONG: Readonly<Record<string, readonly [field: string, value: unknown, type: string]>> = {
  round_robin: ['participants', [], 'too_short'],
  selector: ['max_attempts', 11, 'less_than_equal'],
  random: ['weights', { Ann: 'x' }, 'float_type'],
  swarm: ['after_reply', 'user', 'literal_error'],
  graph: ['edges', [{ from: 'Ann' }], 'missing'],
  magentic: ['max_stalls', 0, 'greater_than_equal'],
  panel: ['threshold', 'half', 'float_type'],
  debate: ['rounds', 1.5, 'int_from_float'],
  critic: ['accept', '', 'string_too_short'],
  moderator: ['close', 3, 'string_type'],
  consensus: ['quorum', 2, 'less_than_equal'],
  pipeline: ['see', 'none', 'literal_error'],
};

/** The least that each rule needs. */
const RULES: Readonly<Record<string, object>> = {
  max_turns: { turns: 3 },
  max_messages: { messages: 3 },
  text: { text: 'DONE' },
  pattern: { pattern: 'D+' },
  tokens: { total: 100 },
  active_seconds: { seconds: 5 },
  handoff: { to: 'user' },
  source: { from: ['Ann'] },
  tool: { name: 'search' },
  agreement: { text: 'YES' },
  repetition: {},
  stall: {},
};

const agents = [anAgent('Ann'), anAgent('Bob'), anAgent('Cem')];
const request = (changes: Record<string, unknown>) =>
  anExperiment({ agents, chat_rules: undefined, ...changes });

/** A team in which much of what there is stands somewhere. */
const WHOLE = request({
  context_policy: 'fail',
  stop: {
    any: [
      { type: 'max_turns', turns: 20 },
      {
        all: [
          { type: 'text', text: 'DONE', from: ['Ann'] },
          { type: 'tokens', total: 500, prompt: 100 },
        ],
      },
      { type: 'agreement', by: 'text', text: 'YES', agents: ['Ann', 'Bob'], share: 0.5, every: 2 },
    ],
  },
  team: {
    type: 'graph',
    nodes: [
      { id: 'Ann' },
      {
        id: 'choose',
        run: {
          type: 'selector',
          participants: [
            { agent: 'Ann', instruction: 'Be brief.', history: { last: 3, from: ['Bob'] } },
            {
              type: 'panel',
              name: 'panel',
              participants: ['Bob', { type: 'pipeline', name: 'line', stages: ['Cem', 'Bob', 'Cem'] }],
              vote: 'weighted',
              weights: { Bob: 2 },
              chair: 'Ann',
              ties: 'chair',
            },
          ],
          transitions: { Ann: ['panel'] },
          max_turns: 5,
          stop: { type: 'pattern', pattern: '(?i)done', ignore_case: true },
          share: 'last',
        },
        join: 'any',
      },
      { id: 'Cem' },
    ],
    edges: [
      { from: 'Ann', to: 'choose', group: 'first' },
      { from: 'choose', to: 'Cem', when: { field: 'score.total', equals: 3 } },
      { from: 'choose', to: 'Ann', when: { otherwise: true } },
      { from: 'choose', to: 'choose', when: { contains: 'again' }, group: 'again' },
    ],
    start: ['Ann'],
  },
});

describe('teams and stop rules that clients send', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA, { DATABASE_SYNCHRONOUS: 'normal' });
  });
  afterAll(() => server.close());
  const post = (path: string, body: unknown) =>
    send(server.url, { method: 'POST', path, body: JSON.stringify(body) });
  const start = (changes: Record<string, unknown>) => post(START, request(changes));

  it.each(Object.entries(LEAST))('take %s with the least that it needs', async (type, least) => {
    const answer = await start({ team: { type, ...least } });
    expect(outcome(answer)).toBe('200');
    const id = String((answer.json as { experiment_id?: unknown }).experiment_id);
    const detail = await server.api.experiment(id);
    expect(detail.team).toMatchObject({ type, ...least });
    expect(detail).toMatchObject({ chat_rules: null, stop: null, context_policy: 'drop_oldest' });
  });

  it.each(Object.entries(LEAST))('refuse an unknown field of %s and name it', async (type, least) => {
    const answer = await start({ team: { type, ...least, max_tuns: 3 } });
    expect(outcome(answer)).toBe('422 VALIDATION_FAILED [extra_forbidden body.team.max_tuns]');
    expect(problemTexts(answer)).toEqual(["unknown field 'max_tuns'; did you mean 'max_turns'?"]);
  });

  it.each(Object.entries(LEAST))('say what %s lacks', async (type, least) => {
    for (const field of Object.keys(least)) {
      const answer = await start({ team: { type, ...least, [field]: undefined } });
      expect(outcome(answer)).toBe(`422 VALIDATION_FAILED [missing body.team.${field}]`);
    }
  });

  it.each(Object.entries(WRONG))('say what is wrong in %s', async (type, [field, value, problem]) => {
    const answer = await start({ team: { type, ...LEAST[type], [field]: value } });
    expect(outcome(answer)).toMatch(
      new RegExp(`^422 VALIDATION_FAILED \\[${problem} body\\.team\\.${field}`),
    );
  });

  it.each(Object.entries(RULES))('take the rule %s, and refuse its unknown field', async (type, least) => {
    const answer = await start({ stop: { any: [{ type, ...least }] } });
    expect(outcome(answer)).toBe('200');
    const id = String((answer.json as { experiment_id?: unknown }).experiment_id);
    expect((await server.api.experiment(id)).stop).toMatchObject({ any: [{ type, ...least }] });
    const wrong = await start({ stop: { all: [{ type, ...least, unknown: 1 }] } });
    expect(outcome(wrong)).toBe('422 VALIDATION_FAILED [extra_forbidden body.stop.all.0.unknown]');
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'an unknown type of team',
      { team: { type: 'chat', participants: ['Ann'] } },
      'literal_error body.team.type',
    ],
    ['an unknown type of rule', { stop: { type: 'turns' } }, 'literal_error body.stop.type'],
    ['a list for a team', { team: [] }, 'dict_type body.team'],
    ['a text for a rule', { stop: 'DONE' }, 'dict_type body.stop'],
    ['an unknown policy', { context_policy: 'cut' }, 'literal_error body.context_policy'],
  ])('refuse %s', async (_what, changes, problem) => {
    expect(outcome(await start(changes))).toBe(`422 VALIDATION_FAILED [${problem}]`);
  });

  it('are kept by a rerun', async () => {
    const stop = { type: 'text', text: 'DONE' };
    const team = { type: 'round_robin', participants: ['Bob', 'Ann'] };
    const id = await server.api.start(request({ team, stop, context_policy: 'fail' }));
    await server.api.put(`/api/experiments/${id}/status?status=cancelled`);
    const again = await server.api.post<{ experiment_id: string }>(`/api/experiments/${id}/rerun`, {});
    expect(again.status).toBe(200);
    expect(await server.api.experiment(again.body.experiment_id)).toMatchObject({
      team,
      stop,
      context_policy: 'fail',
    });
  });

  it(`${MUTATIONS} broken ones get no 5xx, and start and validate agree about each`, async () => {
    const faults: object[] = [];
    const statuses = new Map<number, number>();
    const work = async (first: number) => {
      for (let index = first; index < MUTATIONS; index += 8) {
        const body = mutated(new Random(seed + index), WHOLE);
        const started = await post(START, body);
        const checked = await post(VALIDATE, body);
        const isValid = (checked.json as { valid?: unknown } | undefined)?.valid;
        const agrees =
          checked.status === 200 ? isValid === (started.status === 200) : checked.status === started.status;
        const fault = started.status >= 400 ? shapeFault(started) : null;
        if (started.status >= 500 || fault !== null || !agrees) {
          faults.push({
            index,
            fault,
            started: started.text.slice(0, 500),
            checked: checked.text.slice(0, 500),
          });
        }
        statuses.set(started.status, (statuses.get(started.status) ?? 0) + 1);
        const id = (started.json as { experiment_id?: unknown } | undefined)?.experiment_id;
        if (typeof id === 'string') {
          await server.api.delete(`/api/experiments/${id}`);
        }
      }
    };
    expect(outcome(await post(START, WHOLE))).toBe('200');
    await Promise.all(Array.from({ length: 8 }, (_, first) => work(first)));
    expect({ seed, faults: faults.slice(0, 3) }).toEqual({ seed, faults: [] });
    expect({ seed, complaint: server.complaint() }).toEqual({ seed, complaint: null });
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 422]));
  });
});
