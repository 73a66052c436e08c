import { type OllamaStatus } from '../../src/ollama/ollama-status';
import { type Simulator, startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp, type TestApp } from '../support/test-app';

const AWAY = { reachable: false, version: null, loaded_models: [], error_code: 'OLLAMA_UNREACHABLE' };
const IDLE = { reachable: true, version: '0.33.0', loaded_models: [], error_code: null };

describe('the namespace /ollama', () => {
  let simulator: Simulator;
  let app: TestApp;
  let watchers: SocketWatcher[];

  beforeEach(async () => {
    simulator = await startSimulator();
    app = await startApp(simulator.url, { OLLAMA_STATUS_INTERVAL_SECONDS: '0.05' });
    watchers = [];
  });

  afterEach(async () => {
    for (const watcher of watchers) {
      watcher.close();
    }
    await app.close();
    await simulator.stop();
  });

  const connect = async () => {
    const watcher = await SocketWatcher.connect(app.url, {}, '/ollama');
    watchers.push(watcher);
    return watcher;
  };
  const load = (keepAlive: number) =>
    app.api.post('/api/ollama/generate', { model: 'llama3.2:3b', keep_alive: keepAlive });
  const statusesOf = (watcher: SocketWatcher) =>
    watcher.received.all.map(({ payload }) => payload as unknown as OllamaStatus);

  it('tells two watchers of every change, and a late one how it stands', async () => {
    const two = [await connect(), await connect()];
    for (const watcher of two) {
      expect(await watcher.emit('subscribe', {})).toEqual(IDLE);
    }
    await load(60);
    for (const watcher of two) {
      await watcher.waitFor(
        'ollama.status',
        ({ loaded_models: models }) => Array.isArray(models) && models.length === 1,
      );
    }
    const late = await connect();
    const loaded = {
      ...IDLE,
      loaded_models: [
        {
          name: 'llama3.2:3b',
          size: expect.any(Number),
          size_vram: expect.any(Number),
          expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
          context_length: expect.any(Number),
        },
      ],
    };
    expect(await late.emit('subscribe')).toEqual(loaded);
    await load(0);
    for (const watcher of two) {
      await watcher.waitFor(
        'ollama.status',
        ({ loaded_models: models }) => Array.isArray(models) && models.length === 0,
      );
      expect(statusesOf(watcher)).toEqual([loaded, IDLE]);
    }
    await late.waitFor('ollama.status');
    expect(statusesOf(late)).toEqual([IDLE]);
  });

  it('tells that Ollama went away, and that it is back at the same address', async () => {
    const two = [await connect(), await connect()];
    for (const watcher of two) {
      await watcher.emit('subscribe', {});
    }
    await simulator.stop();
    for (const watcher of two) {
      await watcher.waitFor('ollama.status', ({ reachable }) => reachable === false);
    }
    const late = await connect();
    expect(await late.emit('subscribe', {})).toEqual(AWAY);
    simulator = await startSimulator('--port', new URL(simulator.url).port);
    for (const watcher of [...two, late]) {
      await watcher.waitFor('ollama.status', ({ reachable }) => reachable === true);
    }
    expect(two.map((watcher) => statusesOf(watcher))).toEqual([
      [AWAY, IDLE],
      [AWAY, IDLE],
    ]);
  });

  it('does not ask Ollama while nobody has subscribed', async () => {
    await connect();
    expect(await simulator.stats()).toMatchObject({ requests: { total: 0 } });
  });

  it('tells nothing more to who unsubscribed', async () => {
    const [gone, staying] = [await connect(), await connect()];
    await gone.emit('subscribe', {});
    await staying.emit('subscribe', {});
    expect(await gone.emit('unsubscribe', {})).toEqual({ ok: true });
    expect(await gone.emit('unsubscribe', {})).toEqual({ ok: true });
    await load(60);
    await staying.waitFor('ollama.status');
    expect(gone.received.all).toEqual([]);
    expect(await gone.emit('subscribe', {})).toMatchObject({ loaded_models: [{ name: 'llama3.2:3b' }] });
    expect(await gone.emit('subscribe', {})).toMatchObject({ loaded_models: [{ name: 'llama3.2:3b' }] });
    await load(0);
    await gone.waitFor('ollama.status');
    expect(statusesOf(gone)).toHaveLength(1);
  });

  it('answers what it does not understand, and takes any payload', async () => {
    const watcher = await connect();
    expect(await watcher.emit('nope', {})).toMatchObject({ error: { code: 'UNKNOWN_EVENT' } });
    for (const payload of [null, 5, 'text', [], { deep: { er: 1 } }]) {
      expect(await watcher.emit('subscribe', payload)).toEqual(IDLE);
    }
  });

  it('stops although somebody watches and Ollama does not answer', async () => {
    const watcher = await connect();
    await watcher.emit('subscribe', {});
    await simulator.faults({ fault: 'stall_before_first', match: { path: '/api/ps' }, times: 'forever' });
    await simulator.waitFor('faultsApplied', 1);
    const closed = new Promise((resolve) => watcher.socket.once('disconnect', resolve));
    await app.close();
    await closed;
  });
});
