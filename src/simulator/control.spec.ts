import { TestSimulator, chatBody, contentOf, startTestSimulator } from './test-simulator';
import { JsonObject } from './input';

describe('the control routes', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator({ words: { min: 25, max: 70 } });
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const ask = async (text: string, more: JsonObject = {}): Promise<string> => {
    return contentOf((await sim.ask('/api/chat', chatBody(text, more))).lines);
  };

  /** Two requests in turn, several times. */
  const askTurns = async (options: JsonObject): Promise<string[]> => {
    const answers: string[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      answers.push(await ask(`Ada: turn ${turn % 2}`, { options: { stop: ['\nAda:'], ...options } }));
    }
    return answers;
  };

  it('changes settings and answers with all of them', async () => {
    const config = await sim.control('config', {
      slots: 4,
      weak: { strength: 'mild' },
      models: ['tiny:1b', { name: 'big' }],
    });

    expect(config).toMatchObject({ slots: 4, loadMs: 0, weak: { strength: 'mild', seed: 1 } });
    expect((await sim.ask('/api/tags')).last).toMatchObject({
      models: [{ name: 'tiny:1b', details: { parameter_size: '1B' } }, { name: 'big:latest' }],
    });
    await sim.control('reset');
    expect(await sim.control('config')).toMatchObject({ slots: 1, weak: null });
  });

  it.each([
    [{ slot: 4 }, /has no .+slot/],
    [{ slots: 0 }, /slots must be a number of at least 1/],
    [{ weak: { strength: 'awful' } }, /weak.strength must be one of mild, moderate, strong/],
    [{ models: ['a b'] }, /a b.+ is not a model name/],
    [{ models: ['a', 'A:latest'] }, /given twice/],
  ])('refuses the settings %j', async (patch, message) => {
    await expect(sim.control('config', patch)).rejects.toThrow(message);
  });

  it('uses the first script that matches, as often as it may be used', async () => {
    await sim.control('script', {
      replies: [
        { match: { contains: 'weather' }, text: 'Sunny.' },
        { match: { system: 'pirate' }, text: 'Arr!' },
        { match: { model: 'llama2:latest' }, text: 'I am old.' },
        { match: { last: 'the end' }, text: 'Good bye.' },
        { text: 'Anything.', times: 2 },
      ],
    });
    const pirate = {
      messages: [
        { role: 'system', content: 'You are a pirate.' },
        { role: 'user', content: 'hi' },
      ],
    };

    expect(await ask('the end')).toBe('Good bye.');
    expect(await ask('hello', { model: 'LLAMA2' })).toBe('I am old.');
    expect(await ask('', pirate)).toBe('Arr!');
    expect(await ask('How is the weather?')).toBe('Sunny.');
    expect(await ask('How is the weather?')).toBe('Anything.');
    expect(await ask('hello')).toBe('Anything.');
    expect(await ask('hello')).not.toBe('Anything.');
  });

  it('sends scripted tokens, thinking, counts and reasons as they are', async () => {
    await sim.control('script', {
      replies: [
        { tokens: ['a', 'b c'], thinking: 'hm', doneReason: 'length', promptEvalCount: 99, delayMs: 1 },
      ],
    });
    const { lines, last } = await sim.ask('/api/chat', chatBody('hello', { model: 'qwen3:8b' }));

    expect(lines.map(({ message }) => message)).toEqual([
      { role: 'assistant', content: '', thinking: 'hm' },
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b c' },
      { role: 'assistant', content: '' },
    ]);
    expect(last).toMatchObject({ done_reason: 'length', prompt_eval_count: 99, eval_count: 3 });
  });

  it('holds answers after some tokens until they are released', async () => {
    await sim.control('script', { replies: [{ text: 'One two three.', times: 'forever' }] });
    await sim.control('hold', { afterTokens: 2, match: { contains: 'slowly' } });
    const held = ask('slowly');
    await sim.wait('heldChats', 'equals=1');

    expect(await sim.stat('tokensSent')).toBe(2);
    expect(await ask('quickly', { model: 'gemma:2b' })).toBe('One two three.');
    await sim.control('release');
    expect(await held).toBe('One two three.');
    expect(await ask('slowly')).toBe('One two three.');
  });

  it('answers a wait as soon as the condition holds', async () => {
    const waiting = sim.send('/_sim/wait?stat=chats.finished&at_least=2').then((response) => response.json());
    await ask('one');
    await ask('two');

    expect(await waiting).toEqual({ stat: 'chats.finished', value: 2, waited_ms: expect.any(Number) });
  });

  it.each([
    ['stat=chats.finished&at_least=2&timeout_ms=5', 408, /did not get there in time/],
    ['stat=chats.nonsense&at_least=2', 400, /there is no stat/],
    ['stat=chats.finished', 400, /give at_least, at_most or equals/],
    ['stat=chats.finished&equals=x', 400, /equals must be a number/],
  ])('answers a wait for %s with %i', async (query, status, error) => {
    const answer = await sim.ask(`/_sim/wait?${query}`);

    expect(answer.status).toBe(status);
    expect(answer.last['error']).toMatch(error);
  });

  it('records requests, but not its own', async () => {
    await sim.ask('/api/tags');
    await sim.ask('/api/chat', 'nonsense');
    await ask('hello');
    const [tags, wrong, chat] = await sim.requests();

    expect(tags).toMatchObject({ method: 'GET', path: '/api/tags', body: null, outcome: 'done' });
    expect(wrong).toMatchObject({ body: 'nonsense', outcome: 'error' });
    expect(chat).toMatchObject({
      id: expect.any(Number),
      body: chatBody('hello'),
      headers: { host: expect.any(String) },
      outcome: 'done',
      fault: null,
      closed_after_ms: expect.any(Number),
    });
    expect((await sim.ask('/_sim/requests?path=/api/chat&limit=1')).last).toEqual({ requests: [chat] });
    expect(await sim.stat('requests.total')).toBe(3);
    expect(await sim.stat('requests./api/chat')).toBe(2);
  });

  it('counts connections from their first Ollama request on', async () => {
    const before = await sim.stat('openConnections');
    await sim.control('hold');
    const controllers = [1, 2, 3].map(() => new AbortController());
    const asked = controllers.map(({ signal }) =>
      sim.ask('/api/chat', chatBody('hello'), signal).catch(() => 'left'),
    );
    await sim.wait('activeChats', 'equals=3');

    expect(await sim.stat('openConnections')).toBeGreaterThanOrEqual(3);
    controllers.forEach((controller) => controller.abort());
    await Promise.all(asked);
    await sim.wait('openConnections', `at_most=${before}`);
  });

  it('ends what runs and forgets everything on reset', async () => {
    await sim.control('hold');
    await sim.control('faults', { faults: [{ fault: 'http_html', match: { contains: 'never' } }] });
    const running = ask('hello').catch(() => 'ended');
    await sim.wait('heldChats', 'equals=1');
    await sim.control('reset');

    expect(await running).toBe('ended');
    expect(await sim.requests()).toEqual([]);
    expect((await sim.ask('/api/ps')).text).toBe('{"models":[]}');
    expect((await sim.ask('/_sim/faults')).last).toEqual({ faults: [] });
    expect((await sim.ask('/_sim/stats')).last).toMatchObject({
      chats: { started: 0, cancelled: 0 },
      activeChats: 0,
      heldChats: 0,
      loads: 0,
      unloads: 0,
    });
    expect(await ask('hello')).not.toBe('');
  });

  it('takes faults back and leaves what is scripted', async () => {
    await sim.control('script', { replies: [{ text: 'All is well.', times: 'forever' }] });
    await sim.control('faults', { faults: [{ fault: 'http_html', times: 'forever' }] });
    expect((await sim.ask('/api/chat', chatBody('hello'))).status).toBe(502);

    await fetch(`${sim.url}/_sim/faults`, { method: 'DELETE' });
    expect((await sim.ask('/_sim/faults')).last).toEqual({ faults: [] });
    expect(await ask('hello')).toBe('All is well.');
  });

  it('names its routes to who asks for an unknown one', async () => {
    const { status, last } = await sim.ask('/_sim/nothing');

    expect(status).toBe(404);
    expect(last['routes']).toContain('POST /_sim/script');
  });

  it('slips the same way for the same seed, and may recover without one', async () => {
    await sim.control('config', { weak: { strength: 'strong', seed: 7 } });
    const seeded = await askTurns({ seed: 3 });
    const unseeded = await askTurns({});
    await sim.control('reset');
    await sim.control('config', { weak: { strength: 'strong', seed: 7 } });

    expect(new Set(seeded).size).toBeLessThanOrEqual(2);
    expect(new Set(unseeded).size).toBeGreaterThan(2);
    expect(await askTurns({})).toEqual(unseeded);
  });

  it('leaves scripted answers alone in weak mode unless they ask for it', async () => {
    await sim.control('config', { weak: { strength: 'strong' } });
    await sim.control('script', { replies: [{ text: 'Exactly this.', times: 20 }] });
    const exact = new Set<string>();
    for (let turn = 0; turn < 20; turn += 1) {
      exact.add(await ask(`turn ${turn}`));
    }
    await sim.control('script', {
      replies: [{ text: 'Roughly this.', weak: true, speaker: 'Bob', times: 20 }],
    });
    const rough = new Set<string>();
    for (let turn = 0; turn < 20; turn += 1) {
      rough.add(await ask(`turn ${turn}`));
    }

    expect([...exact]).toEqual(['Exactly this.']);
    expect([...rough].some((text) => text.startsWith('Bob: '))).toBe(true);
    expect(await sim.stat('weak.echoed_prefix')).toBeGreaterThan(0);
  });
});
