import { type Simulator, startSimulator } from './simulator';
import { SocketWatcher } from './socket-watcher';
import { type Env, startApp, type TestApp } from './test-app';

/** A server and the simulator that it talks to, for all tests of a file. */
export interface ServerUnderTest extends Pick<TestApp, 'api' | 'url' | 'dataDirectory' | 'app'> {
  readonly simulator: Simulator;
  /** Starts an experiment and waits until it is over or paused. */
  readonly run: (request: unknown) => Promise<FinishedExperiment>;
  /** Waits until an experiment is over or paused. */
  readonly untilOver: (experimentId: string) => Promise<FinishedExperiment>;
}

export interface FinishedExperiment {
  readonly experiment: Awaited<ReturnType<TestApp['api']['experiment']>>;
  /** All stored events, as a watcher got them. */
  readonly events: SocketWatcher['events'];
}

/** Registers the hooks of a test file; the simulator forgets everything after each test. */
export function withServer(env: Env = {}): ServerUnderTest {
  let simulator: Simulator;
  let server: TestApp;
  beforeAll(async () => {
    simulator = await startSimulator();
    server = await startApp(simulator.url, env);
  });
  afterEach(async () => {
    await simulator.reset();
  });
  afterAll(async () => {
    await server.close();
    await simulator.stop();
  });
  const untilOver = (experimentId: string) => finished(server, experimentId);
  return {
    get simulator() {
      return simulator;
    },
    get api() {
      return server.api;
    },
    get url() {
      return server.url;
    },
    get dataDirectory() {
      return server.dataDirectory;
    },
    get app() {
      return server.app;
    },
    untilOver,
    run: async (request) => untilOver(await server.api.start(request)),
  };
}

/** Waits until nobody works on an experiment of any server: it is over or paused. */
export async function finished(
  { url, api }: Pick<TestApp, 'url' | 'api'>,
  experimentId: string,
): Promise<FinishedExperiment> {
  const watcher = await SocketWatcher.connect(url);
  await watcher.untilSettled(await watcher.subscribe(experimentId, { after: 0, deltas: false }));
  watcher.close();
  return { experiment: await api.experiment(experimentId), events: watcher.events };
}
