import { JsonObject, isObject } from './input';
import {
  TestSimulator,
  chatBody,
  linesOf,
  readAnswer,
  startTestSimulator,
  takeLines,
} from './test-simulator';

const MB = 1_000_000;
const SUCCESS = { status: 'success' };

describe('pulling models', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator({
      library: [
        { name: 'tiny:1b', layers: [60 * MB, 40 * MB] },
        { name: 'twin:1b', layers: [{ bytes: 60 * MB, digest: 'shared' }, 10 * MB] },
        { name: 'sibling:1b', layers: [{ bytes: 60 * MB, digest: 'shared' }, 20 * MB] },
        { name: 'llama2', layers: [1000, 20] },
        { name: 'big:1b', layers: [150 * MB] },
        'hf.co/acme/Tiny-GGUF:Q4_K_M',
      ],
    });
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const pull = (model: string, more: JsonObject = {}) => sim.ask('/api/pull', { model, ...more });
  const hold = (more: JsonObject) => sim.control('hold', more);
  const statusesOf = (lines: readonly JsonObject[]) => lines.map(({ status }) => status);
  const installed = async (): Promise<unknown[]> => {
    const { models } = (await sim.ask('/api/tags')).last;
    return Array.isArray(models) ? models.filter(isObject).map(({ name }) => name) : [];
  };

  /** Pulls until the pull is held, then leaves. */
  const pullAndLeave = async (model: string): Promise<void> => {
    const held = await sim.stat('heldPulls');
    const cancelled = await sim.stat('pulls.cancelled');
    const controller = new AbortController();
    const pulling = sim.ask('/api/pull', { model }, controller.signal).catch(() => 'left');
    await sim.wait('heldPulls', `equals=${held + 1}`);
    controller.abort();
    expect(await pulling).toBe('left');
    await sim.wait('pulls.cancelled', `equals=${cancelled + 1}`);
  };

  it('installs what it pulled, with a line for the phases and none for blobs that come within a tick', async () => {
    const { status, type, lines, text } = await pull('tiny:1b');

    expect([status, type]).toEqual([200, 'application/x-ndjson']);
    expect(statusesOf(lines)).toEqual([
      'pulling manifest',
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    expect(text.endsWith('{"status":"success"}\n')).toBe(true);
    expect((await installed())[0]).toBe('tiny:1b');
    expect((await sim.ask('/api/show', { model: 'TINY:1b' })).status).toBe(200);
    expect((await sim.ask('/api/chat', chatBody('hello', { model: 'tiny:1b' }))).last['done']).toBe(true);
    expect(await sim.stat('bytesPulled')).toBe(100 * MB);
  });

  it('shows the progress of one blob after another, never all of the last piece', async () => {
    await sim.control('config', { pullBytesPerSecond: 800 * MB, pullTickMs: 10 });
    const { lines } = await pull('tiny:1b');
    const blobs = lines.filter(({ digest }) => digest !== undefined);
    const digests = [...new Set(blobs.map(({ digest }) => digest))];

    expect(digests).toHaveLength(2);
    expect(blobs[0]).toEqual({
      status: `pulling ${String(digests[0]).slice(7, 19)}`,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      total: 60 * MB,
      completed: expect.any(Number),
    });
    const ofFirst = blobs.filter(({ digest }) => digest === digests[0]).map(({ completed }) => completed);
    expect(ofFirst).toEqual(ofFirst.toSorted((a, b) => Number(a) - Number(b)));
    expect(Number(ofFirst.at(-1))).toBeLessThan(60 * MB);
    expect(blobs.at(-1)).toMatchObject({ digest: digests[1], total: 40 * MB });
  });

  it('leaves completed out while a large blob has not begun', async () => {
    await sim.control('config', { pullTickMs: 20 });
    const { lines } = await pull('big:1b');

    expect(lines[1]).toEqual({
      status: expect.stringMatching(/^pulling [0-9a-f]{12}$/),
      digest: expect.any(String),
      total: 150 * MB,
    });
  });

  it('lasts as long as the rate, the model and the verification say', async () => {
    await sim.control('config', {
      pullBytesPerSecond: 1,
      library: [{ name: 'paced', layers: [1000], pullBytesPerSecond: 10_000, pullVerifyMs: 100 }],
    });
    const startedAt = performance.now();
    await pull('paced');

    expect(performance.now() - startedAt).toBeGreaterThan(195);
  });

  it('goes through the same sequence for a model that is there', async () => {
    await sim.control('config', { pullBytesPerSecond: 1, pullVerifyMs: 600_000, library: null });
    const { lines } = await pull('LLAMA2');

    expect(statusesOf(lines)).toEqual([
      'pulling manifest',
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^pulling [0-9a-f]{12}$/)),
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    const blobs = lines.filter(({ digest }) => digest !== undefined);
    expect(blobs.every(({ completed, total }) => completed === total)).toBe(true);
    expect(await sim.stat('bytesPulled')).toBe(0);
    expect((await installed()).filter((name) => /llama2/i.test(String(name)))).toEqual(['llama2:latest']);
  });

  it('replaces an older version at the end and removes what it no longer needs', async () => {
    const digestOf = async (): Promise<unknown> => {
      const { models } = (await sim.ask('/api/tags')).last;
      const found = Array.isArray(models)
        ? models.find(({ name }: JsonObject) => name === 'llama2:latest')
        : {};
      return (found as JsonObject)['digest'];
    };
    const before = await digestOf();
    const { lines } = await pull('llama2');

    expect(statusesOf(lines.slice(-3))).toEqual(['writing manifest', 'removing unused layers', 'success']);
    expect(await digestOf()).not.toBe(before);
  });

  it('answers with one object without streaming', async () => {
    expect(await pull('tiny:1b', { stream: false })).toMatchObject({
      status: 200,
      type: 'application/json; charset=utf-8',
      text: '{"status":"success"}',
    });
    expect(await pull('nobody', { stream: false })).toMatchObject({
      status: 500,
      last: { error: 'pull model manifest: file does not exist' },
    });
  });

  it.each(['hf.co/acme/tiny-gguf:q4_k_m', 'HF.co/acme/Tiny-GGUF:Q4_K_M'])(
    'knows the name %s',
    async (name) => {
      expect((await pull(name, { insecure: true })).last).toEqual(SUCCESS);
      expect(await installed()).toContain('hf.co/acme/Tiny-GGUF:Q4_K_M');
    },
  );

  it('has any name in its library but unknown and missing ones, unless the setting says otherwise', async () => {
    const unknown = [{ status: 'pulling manifest' }, { error: 'pull model manifest: file does not exist' }];

    expect((await pull('whatever')).lines).toEqual(unknown);
    await sim.control('config', { library: null });
    expect((await sim.ask('/api/pull', { name: 'whatever' })).last).toEqual(SUCCESS);
    for (const name of ['unknown-model', 'acme/Missing:7b']) {
      expect((await pull(name)).lines).toEqual(unknown);
    }
    expect(await sim.stat('pulls.failed')).toBe(3);
  });

  it.each([
    ['', 'missing request body'],
    ['{', 'unexpected EOF'],
    [{}, 'invalid model name'],
    [{ model: 'a b' }, 'invalid model name'],
    [{ model: 'a@sha256:00' }, 'invalid model name'],
    [{ model: 3 }, 'json: cannot unmarshal number into Go struct field PullRequest.model of type string'],
  ])('refuses %j', async (body, error) => {
    expect(await sim.ask('/api/pull', body)).toMatchObject({ status: 400, last: { error } });
    expect(await sim.stat('pulls.started')).toBe(0);
  });

  it('stops when the client leaves, keeps what it has and goes on from there', async () => {
    await hold({ fraction: 0.3 });
    await pullAndLeave('tiny:1b');

    expect(await sim.stat('activePulls')).toBe(0);
    expect((await sim.requests()).at(-1)).toMatchObject({ path: '/api/pull', outcome: 'cancelled' });
    expect(await sim.stat('bytesPulled')).toBe(30 * MB);
    await sim.control('release');
    await sim.control('config', { pullBytesPerSecond: 100 * MB, pullTickMs: 5 });
    const { lines } = await pull('tiny:1b');
    expect(Number(lines[1]?.['completed'])).toBeGreaterThanOrEqual(30 * MB);
    expect(await sim.stat('bytesPulled')).toBe(100 * MB);
  });

  it('shares the download of a blob that two models have', async () => {
    await hold({ fraction: 0.5, match: { model: 'TWIN:1b' } });
    const first = pull('twin:1b');
    await sim.wait('heldPulls', 'equals=1');
    const second = await sim.send('/api/pull', { model: 'sibling:1b' });
    await sim.wait('activePulls', 'equals=2');
    await sim.control('release');
    const [one, two] = [await first, await readAnswer(second)];

    expect([one.last, two.last]).toEqual([SUCCESS, SUCCESS]);
    expect(two.lines[1]).toMatchObject({ total: 60 * MB, completed: 35 * MB });
    expect(await sim.stat('bytesPulled')).toBe(90 * MB);
  });

  it('goes on with a shared download when one of its clients leaves', async () => {
    await hold({ fraction: 0.5, match: { model: 'twin:1b' } });
    const controller = new AbortController();
    const leaving = sim.ask('/api/pull', { model: 'twin:1b' }, controller.signal).catch(() => 'left');
    await sim.wait('heldPulls', 'equals=1');
    const staying = pull('sibling:1b');
    await sim.wait('activePulls', 'equals=2');
    controller.abort();

    expect(await leaving).toBe('left');
    expect((await staying).last).toEqual(SUCCESS);
    expect(await sim.stat('bytesPulled')).toBe(80 * MB);
  });

  it.each([
    [{ fraction: 0 }, { total: 60 * MB }, 2],
    [{ fraction: 0.25 }, { total: 60 * MB, completed: 25 * MB }, 2],
    [{ fraction: 0.75 }, { total: 40 * MB, completed: 15 * MB }, 2],
    [{ phase: 'verify' }, { status: 'verifying sha256 digest' }, 2],
    [{ phase: 'write' }, { status: 'writing manifest' }, 3],
    [{ afterLines: 1 }, { status: 'pulling manifest' }, 1],
  ])('holds a pull at %j until it is released', async (position, last: JsonObject, count) => {
    await hold(position);
    const lines = linesOf(await sim.send('/api/pull', { model: 'tiny:1b' }));
    await sim.wait('heldPulls', 'equals=1');
    const held = (await takeLines(lines, count)).at(-1) ?? {};

    expect(held).toMatchObject(last);
    expect(held['completed']).toBe(last['completed']);
    expect(await installed()).not.toContain('tiny:1b');
    await sim.control('release');
    expect((await takeLines(lines, 99)).at(-1)).toEqual(SUCCESS);
  });

  it('holds a pull before its first byte without a position, and leaves chats alone', async () => {
    await hold({ match: { path: '/api/pull' } });
    const pulling = pull('tiny:1b');
    await sim.wait('heldPulls', 'equals=1');

    expect((await sim.ask('/api/chat', chatBody('hello'))).last['done']).toBe(true);
    expect(await sim.stat('pulls.finished')).toBe(0);
    await sim.control('release');
    expect((await pulling).last).toEqual(SUCCESS);
  });

  it.each([
    [{ fraction: 2 }, /fraction must be a number from 0 to 1/],
    [{ fraction: 0.5, afterLines: 1 }, /give one of/],
    [{ phase: 'end' }, /phase must be one of manifest, verify, write/],
    [{ afterTokens: 1, match: { path: '/api/pull' } }, /afterTokens is for answers/],
  ])('refuses to hold at %j', async (body, message) => {
    await expect(hold(body)).rejects.toThrow(message);
  });

  it.each([
    [{ library: 'a' }, /library must be an array/],
    [{ pullTickMs: 0 }, /pullTickMs must be a number from 1/],
    [{ models: [{ name: 'a', layers: [-1] }] }, /layers\[0\] must be a number/],
    [{ models: [{ name: 'a', layers: [{ size: 3 }] }] }, /a layer has no .+size/],
  ])('refuses the settings %j', async (patch, message) => {
    await expect(sim.control('config', patch)).rejects.toThrow(message);
  });

  it('takes its settings back as it shows them, and undoes pulls on reset', async () => {
    const before = await sim.control('config');
    await pull('tiny:1b');
    const config = await sim.control('config');

    expect(await sim.control('config', config)).toEqual(config);
    await sim.control('reset');
    expect(await sim.control('config')).toEqual(before);
    expect(await installed()).not.toContain('tiny:1b');
  });
});
