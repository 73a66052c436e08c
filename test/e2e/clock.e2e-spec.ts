import { anAgent, anExperiment } from '../support/factories';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

const HOUR_MS = 3_600_000;

/** Only the time of day is moved: that is what an administrator, a time server or a change to summer time does. */
const REAL_CLOCKS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

describe('a clock that jumps while experiments run (R23)', () => {
  const server = withServer({ OLLAMA_IDLE_TIMEOUT_SECONDS: '20', OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '20' });

  afterEach(() => jest.useRealTimers());

  it.each([
    ['back an hour', -HOUR_MS],
    ['on an hour', HOUR_MS],
    ['back a day', -24 * HOUR_MS],
    ['on a day', 24 * HOUR_MS],
  ])('%s: nothing ends, hangs or changes its order', async (_, jumpMs) => {
    await server.simulator.control('hold', { afterTokens: 2 });
    const id = await server.api.start(
      anExperiment({ agents: [anAgent('Guide'), anAgent('Critic')], iterations: 2, timeout_seconds: 60 }),
    );
    await server.simulator.waitUntil('heldChats', 1);
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0 });
    jest.useFakeTimers({ now: Date.now() + jumpMs, doNotFake: [...REAL_CLOCKS] });
    await server.simulator.control('release');
    await watcher.untilOver();
    jest.useRealTimers();
    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 2, error_code: null });
    expect(experiment.active_seconds).toBeLessThan(60);
    expect(experiment.active_seconds).toBeGreaterThanOrEqual(0);
    const stored = await server.api.events(id);
    expect(watcher.events).toEqual(stored);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_event, index) => index + 1));
    expect(experiment.conversations.map(({ messages }) => messages.map(({ model }) => model))).toEqual(
      Array.from({ length: 2 }, () => ['System', 'Guide', 'Critic']),
    );
    watcher.close();
  });
});
