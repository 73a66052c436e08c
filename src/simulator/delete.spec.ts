import { isObject } from './input';
import { TestSimulator, chatBody, startTestSimulator } from './test-simulator';

describe('deleting and unloading models', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator();
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const remove = async (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${sim.url}/api/delete`, { method: 'DELETE', body: text });
    return { status: response.status, text: await response.text() };
  };
  const namesAt = async (path: string): Promise<unknown[]> => {
    const { models } = (await sim.ask(path)).last;
    return Array.isArray(models) ? models.filter(isObject).map(({ name }) => name) : [];
  };

  it.each([{ model: 'LLAMA2' }, { name: 'llama2:latest' }])('deletes %j until the reset', async (body) => {
    expect(await remove(body)).toEqual({ status: 200, text: '' });
    expect(await namesAt('/api/tags')).not.toContain('llama2:latest');
    expect((await sim.ask('/api/show', { model: 'llama2' })).status).toBe(404);
    expect((await remove(body)).status).toBe(404);
    await sim.control('reset');
    expect(await namesAt('/api/tags')).toContain('llama2:latest');
  });

  it('downloads a deleted model anew, but not the blobs that another model has', async () => {
    const layers = [{ bytes: 700, digest: 'shared' }, 30];
    await sim.control('config', {
      models: [
        { name: 'a', layers },
        { name: 'b', layers: [{ bytes: 700, digest: 'shared' }] },
      ],
      library: [{ name: 'a', layers }],
    });
    await remove({ model: 'a' });
    await sim.ask('/api/pull', { model: 'a' });

    expect(await sim.stat('bytesPulled')).toBe(30);
  });

  it.each([
    ['', 400, 'missing request body'],
    [{}, 400, 'model is required'],
    [{ model: 'a b' }, 400, 'name "a b" is invalid'],
    [{ model: 'Nobody' }, 404, "model 'Nobody' not found"],
    [
      { model: [] },
      400,
      'json: cannot unmarshal array into Go struct field DeleteRequest.model of type string',
    ],
  ])('answers %j with %i', async (body, status, error) => {
    const answer = await remove(body);

    expect({ status: answer.status, body: JSON.parse(answer.text) as unknown }).toEqual({
      status,
      body: { error },
    });
  });

  it('leaves a loaded copy running until it is unloaded', async () => {
    await sim.control('hold', { afterTokens: 1 });
    const running = sim.ask('/api/chat', chatBody('hello', { model: 'llama2', keep_alive: '1ms' }));
    await sim.wait('heldChats', 'equals=1');
    await remove({ model: 'llama2' });

    expect(await namesAt('/api/ps')).toEqual(['llama2:latest']);
    await sim.control('release');
    expect((await running).last['done_reason']).toBe('stop');
    await sim.wait('unloads', 'equals=1');
    expect((await sim.ask('/api/chat', chatBody('hello', { model: 'llama2' }))).status).toBe(404);
  });

  it('unloads a model at once, but after the requests that run on it', async () => {
    await sim.control('hold', { afterTokens: 1 });
    const running = sim.ask('/api/chat', chatBody('hello', { model: 'llama2' }));
    await sim.wait('heldChats', 'equals=1');
    const { status, last } = await sim.ask('/api/generate', { model: 'llama2', keep_alive: 0 });

    expect([status, last['done'], last['done_reason'], last['response']]).toEqual([200, true, 'unload', '']);
    expect(await namesAt('/api/ps')).toEqual(['llama2:latest']);
    await sim.control('release');
    await running;
    await sim.wait('unloads', 'equals=1');
    expect(await namesAt('/api/ps')).toEqual([]);
  });

  it('unloads models that are not loaded or cannot chat without complaint', async () => {
    const { status, last } = await sim.ask('/api/generate', { model: 'nomic-embed-text', keep_alive: 0 });

    expect([status, last['done_reason']]).toEqual([200, 'unload']);
  });

  it('can be made to fail', async () => {
    await sim.control('faults', {
      faults: [{ fault: 'http_error', match: { path: '/api/delete', model: 'llama2' } }],
    });

    expect((await remove({ name: 'gemma:2b' })).status).toBe(200);
    expect((await remove({ name: 'llama2' })).status).toBe(500);
    expect(await namesAt('/api/tags')).toContain('llama2:latest');
  });
});
