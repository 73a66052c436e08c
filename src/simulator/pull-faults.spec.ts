import { JsonObject } from './input';
import { TestSimulator, linesOf, startTestSimulator, takeLines } from './test-simulator';

const MB = 1_000_000;
const SUCCESS = { status: 'success' };

describe('faults in pulls', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator({ library: [{ name: 'tiny:1b', layers: [60 * MB, 40 * MB] }, 'other'] });
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const arm = (fault: string, more: JsonObject = {}) =>
    sim.control('faults', { faults: [{ fault, match: { path: '/api/pull' }, ...more }] });
  const pull = (more: JsonObject = {}) => sim.ask('/api/pull', { model: 'tiny:1b', ...more });
  const lastOutcome = async () => (await sim.requests()).at(-1)?.['outcome'];
  const isInstalled = async () => (await sim.ask('/api/show', { model: 'tiny:1b' })).status === 200;

  it.each([
    ['http_error', { status: 500, text: 'busy' }, { status: 500, text: '{"error":"busy"}' }],
    ['http_html', {}, { status: 502, type: 'text/html' }],
    ['http_empty', {}, { status: 403, text: '' }],
  ])('%s answers in place of the pull, as often as armed', async (fault, more, answer) => {
    await arm(fault, { ...more, times: 2 });

    expect(await pull()).toMatchObject(answer);
    expect(await pull()).toMatchObject(answer);
    expect((await pull()).last).toEqual(SUCCESS);
    expect(await sim.stat('pulls.failed')).toBe(2);
    expect(await sim.stat('pulls.started')).toBe(3);
  });

  it('reset_before_headers', async () => {
    await arm('reset_before_headers');

    await expect(pull()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await sim.stat('pulls.failed')).toBe(1);
  });

  it('strikes only the model it is meant for, by whatever name', async () => {
    await arm('error_line', { match: { path: '/api/pull', model: 'TINY:1B' } });

    expect((await sim.ask('/api/pull', { model: 'other' })).last).toEqual(SUCCESS);
    expect((await sim.ask('/api/pull', { name: 'tiny:1b' })).last).toHaveProperty('error');
  });

  it('leaves pulls alone when it is for answers', async () => {
    await sim.control('faults', { faults: [{ fault: 'error_line' }, { fault: 'http_error' }] });

    expect((await pull()).last).toEqual(SUCCESS);
  });

  it.each([
    ['error_line', {}, 'max retries exceeded: EOF'],
    ['error_line', { text: 'oops', fraction: 0.25 }, 'oops'],
    ['error_line', { afterLines: 1 }, 'max retries exceeded: EOF'],
    ['error_line', { phase: 'verify' }, 'max retries exceeded: EOF'],
    ['error_line', { afterLines: 99 }, 'max retries exceeded: EOF'],
    [
      'disk_full',
      {},
      expect.stringMatching(/^write \S+sha256-[0-9a-f]{64}-partial: no space left on device$/),
    ],
    [
      'offline',
      {},
      'pull model manifest: Get "https://registry.ollama.ai/v2/library/tiny/manifests/1b": dial tcp: lookup registry.ollama.ai: no such host',
    ],
  ])('%s %j ends the pull with an error', async (fault, more, error) => {
    await arm(fault, more);
    const { status, lines, last } = await pull();

    expect(status).toBe(200);
    expect(last).toEqual({ error });
    expect(lines).not.toContainEqual(SUCCESS);
    expect(await lastOutcome()).toBe(`fault:${fault}`);
    expect(await sim.stat('pulls.failed')).toBe(1);
  });

  it('strikes after exactly as many bytes or lines as it says', async () => {
    await arm('error_line', { fraction: 0.25 });
    await arm('error_line', { afterLines: 0 });

    expect((await pull()).lines).toEqual([
      { status: 'pulling manifest' },
      expect.objectContaining({ completed: 25 * MB }),
      { error: 'max retries exceeded: EOF' },
    ]);
    expect(await sim.stat('bytesPulled')).toBe(25 * MB);
    expect((await pull()).lines).toEqual([{ error: 'max retries exceeded: EOF' }]);
  });

  it('keeps what was pulled before an error, except a blob with a wrong digest', async () => {
    await arm('disk_full');
    await pull();
    await pull();
    expect(await sim.stat('bytesPulled')).toBe(100 * MB);

    await sim.control('reset');
    await arm('digest_mismatch');
    const { lines, last } = await pull();

    expect(lines.at(-2)).toEqual({ status: 'verifying sha256 digest' });
    expect(last['error']).toMatch(
      /^digest mismatch, file must be downloaded again: want sha256:[0-9a-f]{64}, got sha256:[0-9a-f]{64}$/,
    );
    await pull();
    expect(await sim.stat('bytesPulled')).toBe(160 * MB);
  });

  it('answers errors with 500 without streaming', async () => {
    await arm('error_line', { text: 'oops' });

    expect(await pull({ stream: false })).toMatchObject({ status: 500, last: { error: 'oops' } });
    expect(await lastOutcome()).toBe('fault:error_line');
  });

  it.each([true, false])(
    'end_without_done ends without success and installs nothing (stream: %j)',
    async (stream) => {
      await arm('end_without_done');
      const { status, last } = await pull({ stream });

      expect([status, last]).toEqual([200, { status: 'writing manifest' }]);
      expect(await lastOutcome()).toBe('fault:end_without_done');
      expect(await isInstalled()).toBe(false);
    },
  );

  it.each([{ fraction: 0.5 }, { afterLines: 0 }, { phase: 'verify' }])(
    'cut_mid_stream at %j',
    async (position) => {
      await arm('cut_mid_stream', position);
      const response = await sim.send('/api/pull', { model: 'tiny:1b' });

      await expect(response.text()).rejects.toThrow('terminated');
      expect(await lastOutcome()).toBe('fault:cut_mid_stream');
      expect(await isInstalled()).toBe(false);
      expect((await pull()).last).toEqual(SUCCESS);
      expect(await sim.stat('bytesPulled')).toBe(100 * MB);
    },
  );

  it('stall_before_first sends nothing until the client leaves', async () => {
    await arm('stall_before_first');
    const controller = new AbortController();
    const pulling = sim.send('/api/pull', { model: 'tiny:1b' }, controller.signal).catch(() => 'left');
    await sim.wait('activePulls', 'equals=1');
    controller.abort();

    expect(await pulling).toBe('left');
    await sim.wait('pulls.cancelled', 'equals=1');
  });

  it('stall_mid_stream sends neither bytes nor lines any more', async () => {
    await arm('stall_mid_stream');
    const controller = new AbortController();
    const lines = linesOf(await sim.send('/api/pull', { model: 'tiny:1b' }, controller.signal));
    expect((await takeLines(lines, 2))[1]).toMatchObject({ completed: 50 * MB });
    const next = takeLines(lines, 1).catch(() => 'nothing');
    await sim.ask('/api/pull', { model: 'other' });
    controller.abort();

    expect(await next).toBe('nothing');
    await sim.wait('pulls.cancelled', 'equals=1');
    expect((await sim.requests()).map(({ outcome }) => outcome)).toEqual(['cancelled', 'done']);
  });

  it('stalled_progress goes on with lines, but without a byte', async () => {
    await arm('stalled_progress');
    const controller = new AbortController();
    const lines = linesOf(await sim.send('/api/pull', { model: 'tiny:1b' }, controller.signal));
    const [, first, ...repeated] = await takeLines(lines, 7);
    controller.abort();

    expect(first).toMatchObject({ completed: 50 * MB });
    expect(repeated).toEqual(Array.from({ length: 5 }, () => first));
    await sim.wait('pulls.cancelled', 'equals=1');
    expect(await sim.stat('bytesPulled')).toBe(50 * MB);
  });

  it('rolled_back goes down once, then on to success', async () => {
    await arm('rolled_back', { bytes: 20 * MB });
    const { lines, last } = await pull();

    expect(lines.slice(1, 3)).toEqual([
      expect.objectContaining({ completed: 50 * MB }),
      expect.objectContaining({ completed: 30 * MB }),
    ]);
    expect(last).toEqual(SUCCESS);
    expect(await lastOutcome()).toBe('done');
  });

  it.each([
    ['garbage_line', { text: '<html>' }, '<html>\n'],
    ['wrong_shape', { value: [1] }, '[1]\n'],
    ['unknown_status', { text: 'größer' }, '{"status":"größer"}\n'],
    ['huge_line', { bytes: 100_000 }, `{"status":"${'a'.repeat(100_000)}"}\n`],
    ['split_utf8', { text: 'größer' }, '{"status":"größer"}\n'],
  ])('%s puts a line in between and goes on', async (fault, more, line) => {
    await arm(fault, more);
    const { text, last } = await pull();

    expect(text).toContain(line);
    expect(last).toEqual(SUCCESS);
  });

  it('half_line, joined_lines and last_line_without_newline', async () => {
    await arm('half_line');
    await arm('joined_lines');
    await arm('last_line_without_newline');

    expect((await pull()).text).toMatch(/^\{"status":"pulling manifest"\}\n.+\n\{"status":"pulling [^\n}]+$/);
    expect((await pull()).last).toEqual(SUCCESS);
    expect((await pull()).text.endsWith('{"status":"success"}')).toBe(true);
  });

  it('context_canceled waits for a pull that follows a cancelled one of the same model', async () => {
    await arm('context_canceled');
    await sim.control('hold', { fraction: 0.5 });
    const controller = new AbortController();
    const pulling = sim.ask('/api/pull', { model: 'tiny:1b' }, controller.signal).catch(() => 'left');
    await sim.wait('heldPulls', 'equals=1');
    controller.abort();
    await pulling;
    await sim.wait('pulls.cancelled', 'equals=1');
    await sim.control('release');

    expect((await sim.ask('/api/pull', { model: 'other' })).last).toEqual(SUCCESS);
    expect((await pull()).last).toEqual({ error: 'context canceled' });
    expect((await pull()).last).toEqual(SUCCESS);
  });

  it.each([
    [{ fault: 'rolled_back', match: { path: '/api/chat' } }, /rolled_back is for \/api\/pull only/],
    [{ fault: 'done_false', match: { path: '/api/pull' } }, /done_false is for .+ only/],
    [{ fault: 'error_line', fraction: 0.5 }, /are for pulls only/],
    [{ fault: 'stalled_progress', afterTokens: 1 }, /afterTokens is for answers/],
    [{ fault: 'stalled_progress', fraction: 1, phase: 'write' }, /give one of/],
  ])('refuses %j', async (fault, message) => {
    await expect(sim.control('faults', { faults: [fault] })).rejects.toThrow(message);
  });
});
