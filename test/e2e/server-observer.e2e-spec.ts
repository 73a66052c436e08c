import { loadSettings } from '../../src/config/load-settings';
import { ContextWindows } from '../../src/ollama/context-windows';
import { errorFromSocket } from '../../src/ollama/model-call-error';
import { ModelUse } from '../../src/ollama/model-use';
import { OllamaServers } from '../../src/ollama/ollama-servers';
import { ModelScheduler } from '../../src/ollama/scheduling/model-scheduler';
import { ServerObserver } from '../../src/ollama/scheduling/server-observer';
import { type Simulator, startSimulator } from '../support/simulator';

const SMALL = 'llama3.2:3b';
const OTHER = 'mistral:7b';

const fail = (): never => {
  throw new Error('There is no server.');
};

describe(ServerObserver.name, () => {
  let simulators: Simulator[];
  let scheduler: ModelScheduler;
  let observer: ServerObserver;
  let use: ModelUse;

  const start = async (servers: number, simulated: object = {}) => {
    simulators = await Promise.all(Array.from({ length: servers }, () => startSimulator()));
    await Promise.all(simulators.map((simulator) => simulator.control('config', simulated)));
    const settings = loadSettings({
      OLLAMA_URLS: simulators.map(({ url }) => url).join(','),
      OLLAMA_RETURN_CHECK_SECONDS: '0.01',
    });
    const all = new OllamaServers(settings);
    const windows = new ContextWindows(settings);
    use = new ModelUse();
    use.hold('experiment', { models: [SMALL, OTHER], priority: 'normal', etaSeconds: () => null });
    [SMALL, OTHER].forEach((model) => windows.sizeFor(model, undefined, null));
    scheduler = new ModelScheduler(all, use, settings);
    observer = new ServerObserver(all, scheduler, use, windows, settings);
    observer.onModuleInit();
  };

  afterEach(async () => {
    observer.onModuleDestroy();
    scheduler.onModuleDestroy();
    await Promise.all(simulators.map((simulator) => simulator.stop()));
  });

  const call = (model: string) =>
    scheduler.run({ model, experimentId: 'experiment', signal: new AbortController().signal }, ({ server }) =>
      server.client.load(model, { numCtx: 4_096, keepAlive: '5m' }),
    );
  /** Resolves when the scheduler has learned something that fits. */
  const until = (fits: () => boolean) =>
    new Promise<void>((resolve) => {
      const subscription = scheduler.changes.subscribe(() => {
        if (fits()) {
          setImmediate(() => subscription.unsubscribe());
          resolve();
        }
      });
    });
  const first = () => scheduler.scheduling.state.servers.at(0) ?? fail();

  it('learns from the list of loaded models that two fit together', async () => {
    await start(1, { maxLoadedModels: 2 });
    const learned = until(() => scheduler.conversationsFor([SMALL, OTHER]) === 1);
    await call(SMALL);
    await call(OTHER);
    await learned;
    expect([...first().loaded.keys()].toSorted()).toEqual([SMALL, OTHER]);
  });

  it('learns that they do not', async () => {
    await start(1, { maxLoadedModels: 1 });
    await call(SMALL);
    await call(OTHER);
    const seen = until(() => first().memory.sizeOf(OTHER) !== undefined);
    await call(OTHER);
    await seen;
    expect([...first().loaded.keys()]).toEqual([OTHER]);
    expect(scheduler.conversationsFor([SMALL, OTHER])).toBe(64);
  });

  it('loads a model of a running experiment ahead when it is known to fit', async () => {
    await start(1, { maxLoadedModels: 2 });
    const learned = until(() => first().memory.fits([SMALL, OTHER]));
    await call(SMALL);
    await call(OTHER);
    await learned;
    const [simulator] = simulators;
    await fetch(`${simulator?.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: OTHER, keep_alive: 0 }),
    });
    const loads = Number((await simulator?.stats())?.['loads']);
    // While another model is at work, the one that is missing comes back.
    await scheduler.run(
      { model: SMALL, experimentId: 'experiment', signal: new AbortController().signal },
      async () => simulator?.waitFor('loads', loads + 1),
    );
    const { models } = (await (await fetch(`${simulator?.url}/api/ps`)).json()) as {
      models: { name: string }[];
    };
    expect(models.map(({ name }) => name).toSorted()).toEqual([SMALL, OTHER]);
  });

  it('knows which server has which model, and takes one that was lost back when it answers', async () => {
    await start(2);
    await simulators[1]?.control('config', { models: [OTHER] });
    const known = until(() => scheduler.scheduling.state.serversFor(SMALL).length === 1);
    await call(OTHER);
    await known;
    expect(scheduler.scheduling.state.serversFor(SMALL).map(({ address }) => address)).toEqual([
      simulators[0]?.url,
    ]);

    const back = until(() => first().isUp);
    const failure = errorFromSocket(new Error('gone'), '', false);
    const failing = scheduler.run(
      { model: SMALL, experimentId: 'experiment', signal: new AbortController().signal },
      () => Promise.reject(failure),
    );
    await expect(failing).rejects.toBe(failure);
    await back;
    expect(first().loaded.size).toBe(0);
  });
});
