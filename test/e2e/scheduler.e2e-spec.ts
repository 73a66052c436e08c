import { type SchedulerStatus } from '../../src/ollama/scheduling/scheduler-status.dto';
import { anAgent, anExperiment } from '../support/factories';
import { type Simulator, startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';
import { type Env, startApp, type TestApp } from '../support/test-app';

const SMALL = 'llama3.2:3b';
const OTHER = 'mistral:7b';

const twoModels = (changes: Record<string, unknown> = {}) =>
  anExperiment({
    agents: [anAgent('Guide', { model: SMALL }), anAgent('Critic', { model: OTHER })],
    chat_rules: { max_rounds: 4 },
    ...changes,
  });

describe('the scheduler', () => {
  let simulators: Simulator[];
  let app: TestApp;
  let watchers: SocketWatcher[];

  beforeEach(() => {
    simulators = [];
    watchers = [];
  });

  afterEach(async () => {
    watchers.forEach((watcher) => watcher.close());
    await app.close();
    await Promise.all(simulators.map((simulator) => simulator.stop()));
  });

  /** Starts an application with so many Ollama servers. */
  const start = async (servers: number, settings: Record<string, unknown> = {}, env: Env = {}) => {
    for (let server = 0; server < servers; server += 1) {
      const simulator = await startSimulator();
      await simulator.control('config', settings);
      simulators.push(simulator);
    }
    const urls = simulators.map(({ url }) => url);
    app = await startApp(urls[0] ?? '', { OLLAMA_URLS: urls.join(','), ...env });
    return urls;
  };
  const watch = async (namespace: string) => {
    const watcher = await SocketWatcher.connect(app.url, {}, namespace);
    watchers.push(watcher);
    return watcher;
  };
  const run = async (request: unknown) => {
    const watcher = await watch('/experiments');
    const id = await app.api.start(request);
    await watcher.subscribe(id, { after: 0 });
    await watcher.untilOver();
    return app.api.experiment(id);
  };
  const status = async () => (await app.api.get<SchedulerStatus>('/api/ollama/scheduler')).body;
  const chats = async (simulator: Simulator | undefined) => (await simulator?.requests()) ?? [];

  it('shows what waits and what is at work, over HTTP and to watchers', async () => {
    const [url] = await start(1, { maxLoadedModels: 1 });
    const [simulator] = simulators;
    await simulator?.control('hold', { afterTokens: 1 });
    const watcher = await watch('/ollama');
    expect(await watcher.emit('scheduler.subscribe')).toMatchObject({ waiting: 0, in_flight: 0, slots: 1 });
    const ids = [
      await app.api.start(twoModels({ priority: 'high' })),
      await app.api.start(anExperiment({ agents: [anAgent('Solo', { model: OTHER })] })),
    ];
    await simulator?.waitFor('chats.started', 1);
    await watcher.waitFor('ollama.scheduler', ({ waiting }) => waiting === 1);
    expect(await status()).toMatchObject({
      slots: 1,
      in_flight: 1,
      waiting: 1,
      max_wait_seconds: 60,
      models: [
        { model: SMALL, waiting: 0, in_flight: 1, oldest_wait_seconds: null, loaded_on: [url] },
        { model: OTHER, waiting: 1, in_flight: 0, oldest_wait_seconds: expect.any(Number), loaded_on: [] },
      ],
      servers: [{ address: url, is_up: true, slots: 1, in_flight: 1, loaded_models: [SMALL] }],
      experiments: [
        { experiment_id: ids[0], priority: 'high', waiting: 0, in_flight: 1 },
        { experiment_id: ids[1], priority: 'normal', waiting: 1, in_flight: 0 },
      ],
      warnings: [],
    });
    expect(await watcher.emit('scheduler.unsubscribe')).toEqual({ ok: true });
    await simulator?.control('release');
  });

  it('makes the turns of many runs for one model together when two models do not fit', async () => {
    await start(1, { maxLoadedModels: 1, loadMs: 50 });
    const experiment = await run(twoModels({ iterations: 10 }));
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 10, parallelism: 'auto' });
    const { loads } = await status();
    // Run by run there would be 40.
    expect(loads.made).toBeLessThanOrEqual(8);
    expect(loads.saved).toBeGreaterThanOrEqual(20);
    expect((await simulators[0]?.stats())?.['loads']).toBe(loads.made);
  });

  it('takes a call that waits out of the queue when its experiment is stopped, and pauses one that waits', async () => {
    await start(1, { maxLoadedModels: 1 });
    const [simulator] = simulators;
    await simulator?.control('hold', { afterTokens: 1, match: { model: SMALL } });
    const watcher = await watch('/ollama');
    await watcher.emit('scheduler.subscribe');
    const first = await app.api.start(anExperiment());
    await simulator?.waitFor('chats.started', 1);
    const [stopped, paused] = [await app.api.start(anExperiment()), await app.api.start(anExperiment())];
    await watcher.waitFor('ollama.scheduler', ({ waiting }) => waiting === 2);
    expect((await app.api.post(`/api/experiments/${stopped}/stop`, {})).body).toMatchObject({
      state: 'cancelled',
    });
    expect((await app.api.post(`/api/experiments/${paused}/pause`, { when: 'now' })).body).toMatchObject({
      state: 'paused',
    });
    expect(await status()).toMatchObject({ waiting: 0, in_flight: 1 });
    await simulator?.control('release');
    const over = await app.api.get(`/api/experiments/${first}/wait?timeout=10`);
    expect(over.body).toMatchObject({ state: 'completed' });
    expect(await chats(simulator)).toHaveLength(2);
  });

  it('warns when Ollama has fewer slots than the settings say', async () => {
    await start(1, { slots: 1, tokensPerSecond: 100 }, { OLLAMA_NUM_PARALLEL: '4' });
    await simulators[0]?.script(
      ...Array.from({ length: 24 }, () => ({ text: 'word '.repeat(40), times: 1 })),
    );
    await run(anExperiment({ iterations: 12, parallelism: 4 }));
    expect((await status()).warnings).toMatchObject([
      { code: 'FEWER_SLOTS', server: simulators[0]?.url, model: SMALL },
    ]);
  });

  describe('with several servers', () => {
    it('spreads calls over them, each model where it is loaded', async () => {
      await start(2, { maxLoadedModels: 1, loadMs: 30, tokensPerSecond: 1_000 });
      await run(twoModels({ iterations: 12 }));
      const models = await Promise.all(
        simulators.map(async (simulator) => new Set((await chats(simulator)).map(({ body }) => body.model))),
      );
      expect(models.every(({ size }) => size > 0)).toBe(true);
      expect((await status()).loads.made).toBeLessThanOrEqual(8);
    });

    it('sends calls only to servers that have the model', async () => {
      await start(2, { maxLoadedModels: 1 });
      await simulators[0]?.control('config', { models: [SMALL] });
      await simulators[1]?.control('config', { models: [SMALL, OTHER] });
      const experiment = await run(twoModels({ iterations: 6 }));
      expect(experiment).toMatchObject({ state: 'completed', completed_runs: 6, failed_runs: 0 });
      const wrong = (await chats(simulators[0])).filter(
        ({ body, outcome }) => body.model === OTHER && outcome === 'done',
      );
      expect(wrong).toEqual([]);
    });

    it('goes on without one that dies, and uses it again when it is back', async () => {
      await start(2, { tokensPerSecond: 500 }, { OLLAMA_RETURN_CHECK_SECONDS: '0.1', TURN_ATTEMPTS: '3' });
      const watcher = await watch('/experiments');
      const id = await app.api.start(twoModels({ iterations: 8, parallelism: 8 }));
      await watcher.subscribe(id, { after: 0 });
      await simulators[1]?.waitFor('chats.started', 1);
      await simulators[1]?.stop();
      await watcher.untilOver();
      expect(await app.api.experiment(id)).toMatchObject({
        state: 'completed',
        failed_runs: 0,
        completed_runs: 8,
      });
      expect((await status()).servers.map(({ is_up: isUp }) => isUp)).toEqual([true, false]);
      expect((await status()).in_flight).toBe(0);
    });

    it('pauses an experiment when all are away, as with one', async () => {
      await start(2);
      await Promise.all(simulators.map((simulator) => simulator.stop()));
      const watcher = await watch('/experiments');
      const id = await app.api.start(anExperiment());
      await watcher.subscribe(id, { after: 0 });
      await watcher.waitFor('experiment.status', ({ state }) => state === 'paused');
      expect(await app.api.experiment(id)).toMatchObject({ state: 'paused', pause_reason: 'ollama_away' });
    });
  });
});
