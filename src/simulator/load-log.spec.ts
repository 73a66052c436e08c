import { TestSimulator, chatBody, startTestSimulator } from './test-simulator';
import { LoadRecord } from './load-log';

/** Long enough never to end by itself within a spec. */
const FOREVER_MS = 600_000;

describe('the log of loads', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator({ maxLoadedModels: 1 });
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const chat = (model: string, signal?: AbortSignal) =>
    sim.ask('/api/chat', chatBody('hello', { model }), signal);
  const loads = async (): Promise<LoadRecord[]> => {
    const { loads: records } = (await sim.ask('/_sim/loads')).last;
    return records as LoadRecord[];
  };

  it('says when each model was loaded and when it had to go', async () => {
    const before = Date.now();
    await sim.control('config', { loadMs: 20 });
    await chat('llama2');
    await chat('llama2');
    await chat('gemma:2b');

    const [first, second, ...others] = await loads();
    expect(first).toEqual({
      model: 'llama2:latest',
      began_at_ms: expect.any(Number),
      loaded_at_ms: expect.any(Number),
      unloaded_at_ms: expect.any(Number),
    });
    expect(second).toMatchObject({ model: 'gemma:2b', unloaded_at_ms: null });
    expect(others).toEqual([]);
    const times = [
      before,
      first?.began_at_ms,
      first?.loaded_at_ms,
      first?.unloaded_at_ms,
      second?.began_at_ms,
      second?.loaded_at_ms,
    ].map(Number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Number(first?.loaded_at_ms) - Number(first?.began_at_ms)).toBeGreaterThanOrEqual(19);
  });

  it('shows a load that was given up, and nothing after a reset', async () => {
    await sim.control('config', { loadMs: FOREVER_MS });
    const controller = new AbortController();
    const asked = chat('llama2', controller.signal).catch(() => 'left');
    await sim.wait('phases.loading', 'equals=1');
    expect(await loads()).toMatchObject([{ loaded_at_ms: null, unloaded_at_ms: null }]);
    controller.abort();
    await asked;
    await sim.wait('abortedLoads', 'equals=1');

    expect(await loads()).toMatchObject([{ loaded_at_ms: null, unloaded_at_ms: expect.any(Number) }]);
    await sim.control('reset');
    expect(await loads()).toEqual([]);
  });
});
