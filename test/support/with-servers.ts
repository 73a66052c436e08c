import { pullsOf } from './pulls';
import { type Simulator, startSimulator } from './simulator';
import { type Env, startApp, type TestApp } from './test-app';

/** A server and the several Ollama servers that it works with, for all tests of a file. */
export interface ServerWithMany extends Pick<TestApp, 'api' | 'url' | 'dataDirectory' | 'app'> {
  readonly simulators: readonly [Simulator, Simulator, Simulator];
  readonly pulls: ReturnType<typeof pullsOf>;
  /** The setting OLLAMA_URLS. */
  readonly env: Env;
}

/** Registers the hooks of a test file; the simulators forget everything after each test. */
export function withServers(env: Env = {}): ServerWithMany {
  let simulators: [Simulator, Simulator, Simulator];
  let server: TestApp;
  const urls = (): Env => ({ OLLAMA_URLS: simulators.map(({ url }) => url).join(',') });
  beforeAll(async () => {
    simulators = await Promise.all([startSimulator(), startSimulator(), startSimulator()]);
    server = await startApp('', { ...urls(), ...env });
  });
  afterEach(async () => {
    await Promise.all(simulators.map((simulator) => simulator.reset()));
  });
  afterAll(async () => {
    await server.close();
    await Promise.all(simulators.map((simulator) => simulator.stop()));
  });
  return {
    get simulators() {
      return simulators;
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
    get pulls() {
      return pullsOf(server);
    },
    get env() {
      return urls();
    },
  };
}

/** The models on the disk of one Ollama server, asked for at the server itself. */
export async function modelsOn({ url }: Simulator): Promise<string[]> {
  const answer = await fetch(`${url}/api/tags`);
  const { models } = (await answer.json()) as { models: { name: string }[] };
  return models.map(({ name }) => name);
}

/** Loads a model on one Ollama server. */
export async function loadOn({ url }: Simulator, model: string): Promise<void> {
  const body = JSON.stringify({ model, keep_alive: 60, stream: false });
  await (await fetch(`${url}/api/generate`, { method: 'POST', body })).text();
}
