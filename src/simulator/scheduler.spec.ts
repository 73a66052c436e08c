import { TestSimulator, chatBody, startTestSimulator } from './test-simulator';

/** Long enough never to end by itself within a spec. */
const FOREVER_MS = 600_000;

describe('loading, slots and cancelling', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator();
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const load = (model: string, more = {}) => sim.ask('/api/chat', { model, ...more });
  const loadedNames = async (): Promise<unknown[]> => {
    const { models } = (await sim.ask('/api/ps')).last;
    return Array.isArray(models) ? models.map((model: { name: string }) => model.name) : [];
  };

  it('loads a model without messages and answers with one object without a newline', async () => {
    const { text, last, type } = await load('llama2');

    expect(last).toEqual({
      model: 'llama2',
      created_at: expect.any(String),
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'load',
    });
    expect(type).toBe('application/json; charset=utf-8');
    expect(text.endsWith('\n')).toBe(false);
    expect((await sim.ask('/api/ps')).last['models']).toEqual([
      expect.objectContaining({
        name: 'llama2:latest',
        context_length: 4096,
        expires_at: expect.any(String),
      }),
    ]);
    expect(await sim.stat('chats.started')).toBe(0);
  });

  it('shows a large load_duration only when the model was cold', async () => {
    await sim.control('config', { loadMs: 200 });
    const cold = await sim.ask('/api/chat', chatBody('hello'));
    const warm = await sim.ask('/api/chat', chatBody('hello'));

    expect(cold.last['load_duration']).toBeGreaterThan(190e6);
    expect(warm.last['load_duration']).toBeLessThan(100e6);
    expect(await sim.stat('loads')).toBe(1);
  });

  it('unloads with keep_alive 0, by request or after an answer', async () => {
    await load('llama2');
    const { last } = await load('llama2', { keep_alive: 0 });

    expect(last['done_reason']).toBe('unload');
    expect(await loadedNames()).toEqual([]);
    await sim.ask('/api/chat', chatBody('hello', { keep_alive: '0s' }));
    expect(await sim.stat('unloads')).toBe(2);
  });

  it('unloads when the keep-alive is over, and never with a negative one', async () => {
    await load('llama2', { keep_alive: '1ms' });
    await sim.wait('unloads', 'equals=1');
    await load('llama2', { keep_alive: -1 });
    const { models } = (await sim.ask('/api/ps')).last;

    expect(models).toEqual([expect.objectContaining({ expires_at: expect.stringMatching(/^2[23]\d\d-/) })]);
  });

  it('loads again when num_ctx changes', async () => {
    await load('llama3.2:3b', { options: { num_ctx: 2048 } });
    await load('llama3.2:3b', { options: { num_ctx: 2048, temperature: 0 } });
    expect(await sim.stat('reloads')).toBe(0);
    await load('llama3.2:3b', { options: { num_ctx: 8192 } });

    expect(await sim.stat('reloads')).toBe(1);
    expect((await sim.ask('/api/ps')).last).toMatchObject({ models: [{ context_length: 8192 }] });
  });

  it('evicts the idle model with the shortest keep-alive', async () => {
    await sim.control('config', { maxLoadedModels: 2 });
    await load('llama2', { keep_alive: '10m' });
    await load('gemma:2b', { keep_alive: '5m' });
    await load('mistral:7b', { keep_alive: '20m' });

    expect(await loadedNames()).toEqual(['mistral:7b', 'llama2:latest']);
  });

  it('waits for a busy model before it evicts it', async () => {
    await sim.control('config', { maxLoadedModels: 1 });
    await sim.control('hold', { match: { model: 'llama2' } });
    const busy = sim.ask('/api/chat', chatBody('hello', { model: 'llama2' }));
    await sim.wait('heldChats', 'equals=1');
    const next = sim.ask('/api/chat', chatBody('hello', { model: 'gemma:2b' }));
    await sim.wait('phases.queued', 'equals=1');

    expect(await loadedNames()).toEqual(['llama2:latest']);
    await sim.control('release');
    expect((await busy).last['done']).toBe(true);
    expect((await next).last['done']).toBe(true);
    expect(await loadedNames()).toEqual(['gemma:2b']);
  });

  it('gives the slots out in order of arrival', async () => {
    await sim.control('hold');
    const order: string[] = [];
    const asked: Promise<unknown>[] = [];
    for (const name of ['first', 'second', 'third']) {
      asked.push(sim.ask('/api/chat', chatBody(name)).then(() => order.push(name)));
      await sim.wait('chats.started', `equals=${asked.length}`);
    }
    await sim.wait('phases.queued', 'equals=2');
    await sim.control('release');
    await Promise.all(asked);

    expect(order).toEqual(['first', 'second', 'third']);
    expect(await sim.stat('maxConcurrent.llama3.2:3b')).toBe(1);
    expect(await sim.stat('maxActiveChats')).toBe(3);
  });

  it('answers as many at a time as there are slots', async () => {
    await sim.control('config', { slots: 3 });
    await sim.control('hold');
    const asked = ['a', 'b', 'c', 'd'].map((text) => sim.ask('/api/chat', chatBody(text)));
    await sim.wait('heldChats', 'equals=3');
    await sim.wait('phases.queued', 'equals=1');
    await sim.control('release');
    await Promise.all(asked);

    expect(await sim.stat('maxConcurrent.llama3.2:3b')).toBe(3);
  });

  it('answers 503 when too many wait for a load', async () => {
    await sim.control('config', { loadMs: FOREVER_MS, maxQueue: 1 });
    const controller = new AbortController();
    const loading = sim.ask('/api/chat', chatBody('a'), controller.signal).catch(() => 'left');
    await sim.wait('phases.loading', 'equals=1');
    const queued = sim.ask('/api/chat', chatBody('b'), controller.signal).catch(() => 'left');
    await sim.wait('phases.queued', 'equals=1');
    const refused = await sim.ask('/api/chat', chatBody('c'));
    controller.abort();

    expect(refused).toMatchObject({
      status: 503,
      last: { error: 'server busy, please try again.  maximum pending requests exceeded' },
    });
    expect(await Promise.all([loading, queued])).toEqual(['left', 'left']);
    await sim.wait('chats.cancelled', 'equals=2');
  });

  it('notices a client that leaves, in every phase', async () => {
    const leave = async (phase: string): Promise<void> => {
      const controller = new AbortController();
      const asked = sim.ask('/api/chat', chatBody('hello'), controller.signal).catch(() => undefined);
      await sim.wait(`phases.${phase}`, 'equals=1');
      controller.abort();
      await asked;
      await sim.wait(`chats.cancelledIn.${phase}`, 'equals=1');
    };
    await sim.control('config', { loadMs: FOREVER_MS });
    await leave('loading');
    expect(await sim.stat('abortedLoads')).toBe(1);
    expect(await loadedNames()).toEqual([]);

    await sim.control('config', { loadMs: 0, promptTokensPerSecond: 0.001 });
    await leave('prompt');
    await sim.control('config', { promptTokensPerSecond: 0, tokensPerSecond: 0.1 });
    await leave('generating');

    await sim.control('hold');
    const controller = new AbortController();
    const busy = sim.ask('/api/chat', chatBody('busy'), controller.signal).catch(() => undefined);
    await sim.wait('heldChats', 'equals=1');
    await leave('queued');
    controller.abort();
    await busy;
    await sim.wait('chats.cancelled', 'equals=5');

    expect(await sim.stat('activeChats')).toBe(0);
    expect(await sim.stat('heldChats')).toBe(0);
    const outcomes = (await sim.requests())
      .filter(({ path }) => path === '/api/chat')
      .map(({ outcome }) => outcome);
    expect(outcomes).toEqual(Array(5).fill('cancelled'));
  });

  it('reads only the new part of a prompt that a slot has seen', async () => {
    const messages = [{ role: 'user', content: 'A long question. '.repeat(50) }];
    await sim.ask('/api/chat', { model: 'llama2', messages });
    const read = await sim.stat('promptTokensRead');
    await sim.ask('/api/chat', { model: 'llama2', messages });

    expect(await sim.stat('promptTokensCached')).toBeGreaterThan(read * 0.9);
  });

  it('keeps the average token rate', async () => {
    await sim.control('config', { tokensPerSecond: 500, slots: 5 });
    await sim.control('script', { replies: [{ tokens: Array(50).fill(' a'), times: 'forever' }] });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => sim.ask('/api/chat', chatBody('hello'))));

    for (const { last } of answers) {
      expect(last['eval_duration']).toBeGreaterThanOrEqual(100e6);
    }
  });
});
