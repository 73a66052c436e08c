import { type ExperimentCheck } from '../../src/experiments/dto/experiment-check.dto';
import { CallScheduler } from '../../src/ollama/call-scheduler';
import { anAgent, anExperiment } from '../support/factories';
import { startApp, type TestApp } from '../support/test-app';
import { NO_OLLAMA } from '../support/server-process';
import { withServer } from '../support/with-server';

const PATH = '/api/experiments/validate';

const three = [anAgent('Ann'), anAgent('Bob'), anAgent('Cem')];
/** A valid request with a team instead of `chat_rules`. */
const withTeam = (team: unknown, changes: Record<string, unknown> = {}) =>
  anExperiment({ agents: three, chat_rules: undefined, team, ...changes });
const list = { type: 'round_robin', participants: ['Ann', 'Bob', 'Cem'], max_turns: 6 };

describe('checking an experiment without starting it', () => {
  const server = withServer();
  const check = async (body: unknown): Promise<ExperimentCheck> => {
    const answer = await server.api.post<ExperimentCheck>(PATH, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const inShort = ({ errors, warnings }: ExperimentCheck) => [
    ...errors.map(({ pointer, code }) => `error ${pointer} ${code}`),
    ...warnings.map(({ pointer, code }) => `warning ${pointer} ${code}`),
  ];

  it('finds nothing wrong with what can be started, stores nothing and calls no model', async () => {
    const result = await check(withTeam(list, { iterations: 2 }));
    expect(result).toEqual({
      valid: true,
      errors: [],
      warnings: [],
      plan: {
        runs: 2,
        turns: { min: 6, max: 6 },
        model_calls: { max: 12, reply: 12, selector: 0, ledger: 0, handoff: 0, repair: 0 },
        loads: 1,
        tokens: expect.objectContaining({ completion: 12 * 2_048 }),
        minutes: null,
        scheduled: { parallelism: expect.any(Number), loads: 1, minutes: null },
        rates: [
          {
            model: 'llama3.2:3b',
            tokens_per_second: null,
            prompt_tokens_per_second: null,
            load_seconds: null,
            calls: 0,
          },
        ],
      },
    });
    expect(await server.api.list()).toEqual([]);
    expect(await server.simulator.requests()).toEqual([]);
  });

  it('plans with the runs side by side that the request asks for, at most all', async () => {
    const agents = [anAgent('Ann'), anAgent('Bob', { model: 'qwen3:8b' })];
    const team = { type: 'round_robin', participants: ['Ann', 'Bob'], max_turns: 8 };
    const planned = async (parallelism: unknown) =>
      (await check(withTeam(team, { agents, iterations: 50, parallelism }))).plan;
    expect(await planned(1)).toMatchObject({ loads: 400, scheduled: { parallelism: 1, loads: 400 } });
    expect(await planned(10)).toMatchObject({ loads: 400, scheduled: { parallelism: 10, loads: 5 * 8 } });
    expect(await planned(64)).toMatchObject({ loads: 400, scheduled: { parallelism: 50, loads: 8 } });
    const auto = server.app.get(CallScheduler).conversationsFor(['llama3.2:3b', 'qwen3:8b']);
    expect((await planned('auto'))?.scheduled.parallelism).toBe(Math.min(auto, 50));
  });

  it('names every wrong field of the request by its JSON pointer', async () => {
    const result = await check({
      task: { id: 't', prompt: '' },
      agents: [{ ...anAgent('Ann'), color: 5, options: { 'top/k~': 1 } }],
      team: { type: 'round_robin', participants: [{ agentt: 'Ann' }] },
      stop: { any: [{ type: 'text' }] },
    });
    expect(result).toMatchObject({ valid: false, warnings: [], plan: null });
    expect(inShort(result)).toEqual([
      'error /task/prompt value_error',
      'error /agents/0/color string_type',
      'error /agents/0/options/top~1k~0 extra_forbidden',
      'error /team/participants/0/agentt extra_forbidden',
      'error /stop/any/0/text missing',
    ]);
  });

  it('tells of all that start would refuse at once', async () => {
    const result = await check(
      withTeam(
        { type: 'round_robin', participants: ['Ann', 'Bop', 'Ann'] },
        {
          agents: [anAgent('Ann'), anAgent('ann', { id: 'other' }), anAgent('Bob')],
          callback_url: 'http://unknown.example/hook',
        },
      ),
    );
    expect(inShort(result)).toEqual([
      'error /team/participants/1 unknown_agent',
      'error /team/participants/2 duplicate_member',
      'error /agents/1/name DUPLICATE_AGENT_NAME',
      'error /callback_url CALLBACK_NOT_ALLOWED',
      'warning /agents/1 agent_unused',
      'warning /agents/2 agent_unused',
    ]);
    expect(result.errors[0]?.message).toContain("did you mean 'Bob'?");
  });

  it('warns of what may be meant', async () => {
    const nodes = [{ id: 'Ann' }, { id: 'Bob' }];
    const edges = [
      { from: 'Ann', to: 'Bob' },
      { from: 'Bob', to: 'Ann', when: { not_contains: 'DONE' } },
    ];
    const result = await check(withTeam({ type: 'graph', nodes, edges, start: ['Ann'] }));
    expect(result.valid).toBe(true);
    expect(inShort(result)).toEqual([
      'warning /team/nodes/1 may_have_no_open_edge',
      'warning /team/edges loop_without_stop',
      'warning /agents/2 agent_unused',
    ]);
    expect(result.plan?.turns).toEqual({ min: 2, max: 1_000 });
  });

  it('does not take a team together with chat_rules', async () => {
    const result = await check(withTeam(list, { chat_rules: { max_rounds: 2 } }));
    expect(inShort(result)).toEqual(['error /team value_error', 'error /chat_rules value_error']);
  });

  it('names models that are not installed, those that choose speakers too', async () => {
    const result = await check(
      withTeam(
        {
          type: 'selector',
          participants: [
            'Ann',
            { type: 'selector', name: 'inner', participants: ['Bob', 'Cem'], selector_model: 'none:2b' },
          ],
          max_turns: 4,
        },
        {
          agents: [
            anAgent('Ann', { model: 'LLAMA3.2:3b' }),
            anAgent('Bob', { model: 'none:1b' }),
            anAgent('Cem'),
          ],
        },
      ),
    );
    expect(inShort(result)).toEqual([
      'error /agents/1/model MODEL_NOT_FOUND',
      'error /team/participants/1/selector_model MODEL_NOT_FOUND',
    ]);
    expect(result.plan).not.toBeNull();
  });

  it('measures prompts by the context of their model', async () => {
    const long = 'word '.repeat(4_000);
    const small = { num_ctx: 2_048 };
    const own = await check(anExperiment({ agents: [anAgent('Guide', { prompt: long, options: small })] }));
    expect(inShort(own)).toEqual(['error /agents/0/prompt CONTEXT_OVERFLOW']);
    const task = await check(
      anExperiment({
        task: { id: 't', prompt: 'x', datasetItems: [{ task: 'short' }, { task: long }] },
        agents: [anAgent('Guide', { options: small })],
      }),
    );
    expect(inShort(task)).toEqual(['error /task/datasetItems/1/task CONTEXT_OVERFLOW']);
    // One window counts for all who use the model: the largest that is asked for.
    const agents = [
      anAgent('Guide', { prompt: long, options: small }),
      anAgent('Critic', { options: { num_ctx: 1_000_000 } }),
    ];
    const capped = await check(anExperiment({ agents }));
    expect(inShort(capped)).toEqual(['warning /agents/1/options/num_ctx num_ctx_capped']);
  });

  it('tells what this machine has measured once it has run something', async () => {
    await server.simulator.control('config', { tokensPerSecond: 200, promptTokensPerSecond: 5_000 });
    await server.run(anExperiment());
    const { plan } = await check(anExperiment());
    expect(plan?.rates).toEqual([
      {
        model: 'llama3.2:3b',
        tokens_per_second: expect.any(Number),
        prompt_tokens_per_second: expect.any(Number),
        load_seconds: null,
        calls: 2,
      },
    ]);
    expect(plan?.rates[0]?.tokens_per_second).toBeGreaterThan(20);
    expect(plan?.rates[0]?.tokens_per_second).toBeLessThan(300);
    expect(plan?.minutes).toBeGreaterThan(0);
    expect(plan?.tokens.completion).toBeLessThan(2 * 2_048);
  });

  it('checks agents and teams of the library as start takes them', async () => {
    const team = { ref: 'teams/nobody-knows-it' };
    const unknown = await check({ task: { id: 't', prompt: 'x' }, team });
    expect(inShort(unknown)).toEqual(['error  TEAM_NOT_FOUND']);
  });

  it.each<[unknown]>([[3], ['x'], [null], [[]]])('refuses the body %j as everywhere', async (body) => {
    expect((await server.api.post(PATH, body)).status).toBe(422);
  });

  it.each([
    ['start', '/api/experiments/start', 422],
    ['validate', PATH, 200],
  ])('%s agrees with the other about a team that cannot work', async (_what, path, status) => {
    const answer = await server.api.post(path, withTeam({ type: 'round_robin', participants: ['Nobody'] }));
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain("'Nobody' is no agent of this request");
  });

  it('what it plans is what a run takes', async () => {
    const team = { type: 'panel', participants: ['Ann', 'Bob'], vote: 'none', chair: 'Cem' };
    const { plan } = await check(withTeam(team));
    await server.run(withTeam(team));
    expect((await server.simulator.requests()).length).toBe(plan?.model_calls.max);
    expect(plan?.turns).toEqual({ min: 3, max: 3 });
  });
});

describe('checking an experiment while Ollama is away', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(NO_OLLAMA);
  });
  afterAll(() => server.close());

  it('warns that the models could not be looked up, and checks the rest', async () => {
    const { status, body } = await server.api.post<ExperimentCheck>(PATH, withTeam(list));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      valid: true,
      errors: [],
      warnings: [{ pointer: '', code: 'OLLAMA_UNREACHABLE' }],
      plan: { turns: { max: 6 } },
    });
  });
});
