import { request as httpRequest } from 'node:http';
import { TestSimulator, chatBody, contentOf, readAnswer, startTestSimulator } from './test-simulator';
import { JsonObject } from './input';

describe('faults', () => {
  let sim: TestSimulator;
  const text = 'One two three four five six.';

  beforeAll(async () => {
    sim = await startTestSimulator();
  });
  beforeEach(async () => {
    await sim.control('script', { replies: [{ text, times: 'forever' }] });
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  const arm = (fault: string, more: JsonObject = {}) =>
    sim.control('faults', { faults: [{ fault, ...more }] });
  const ask = (more: JsonObject = {}) => sim.ask('/api/chat', chatBody('hello', more));
  const lastOutcome = async () => (await sim.requests()).at(-1)?.['outcome'];

  it('strikes as often as it was armed, then no more', async () => {
    await arm('http_error', { times: 2 });

    expect((await ask()).status).toBe(500);
    expect((await ask()).status).toBe(500);
    expect((await ask()).status).toBe(200);
    expect(await sim.stat('faultsApplied')).toBe(2);
    expect(await sim.stat('chats.failed')).toBe(2);
  });

  it('strikes only where it matches, and never a health check by accident', async () => {
    await arm('http_error', { match: { contains: 'unlucky', model: 'LLAMA3.2:3b' } });

    expect((await sim.ask('/api/tags')).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect((await sim.ask('/api/chat', chatBody('unlucky'))).status).toBe(500);
  });

  it.each(['/api/tags', '*'])('strikes other routes when the path says so (%s)', async (path) => {
    await arm('http_html', { match: { path } });

    expect(await sim.ask('/api/tags')).toMatchObject({ status: 502, type: 'text/html' });
  });

  it.each([
    [{ status: 404 }, 404, { error: "model 'x' not found" }],
    [{ status: 503, text: 'busy' }, 503, { error: 'busy' }],
    [{}, 500, { error: expect.stringContaining('unexpectedly stopped') }],
  ])('http_error %j', async (more, status, last) => {
    await arm('http_error', more);

    expect(await ask()).toMatchObject({ status, last, type: 'application/json; charset=utf-8' });
    expect(await lastOutcome()).toBe('fault:http_error');
  });

  it('http_empty and nested_json_error', async () => {
    await arm('http_empty');
    await arm('nested_json_error');

    expect(await ask()).toMatchObject({ status: 403, text: '' });
    const nested = await ask();
    expect(nested.status).toBe(400);
    expect(JSON.parse(String(nested.last['error']))).toMatchObject({ error: { n_ctx: 8192 } });
  });

  it('reset_before_headers', async () => {
    await arm('reset_before_headers');

    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await sim.stat('chats.failed')).toBe(1);
  });

  it.each(['stall_before_first', 'stall_mid_stream'])('%s lasts until the client leaves', async (fault) => {
    await arm(fault);
    const controller = new AbortController();
    const asked = sim.ask('/api/chat', chatBody('hello'), controller.signal).catch(() => 'left');
    await sim.wait(`phases.${fault === 'stall_before_first' ? 'prompt' : 'generating'}`, 'equals=1');
    controller.abort();

    expect(await asked).toBe('left');
    await sim.wait('chats.cancelled', 'equals=1');
    expect((await sim.requests()).at(-1)).toMatchObject({ outcome: 'cancelled', fault });
  });

  it('stall_mid_stream sends the first tokens', async () => {
    await arm('stall_mid_stream', { afterTokens: 2 });
    const controller = new AbortController();
    const response = await sim.send('/api/chat', chatBody('hello'), controller.signal);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    while (received.split('\n').length < 3) {
      received += (await reader?.read())?.value ?? '';
    }
    controller.abort();

    expect(received.match(/"content":"[^"]*"/g)).toEqual(['"content":"One"', '"content":" two"']);
    await expect(reader?.read()).rejects.toThrow('abort');
  });

  it.each([0, 2])('cut_mid_stream after %i tokens', async (afterTokens) => {
    await arm('cut_mid_stream', { afterTokens });
    const response = await sim.send('/api/chat', chatBody('hello'));

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(await lastOutcome()).toBe('fault:cut_mid_stream');
    expect(await sim.stat('tokensSent')).toBe(afterTokens);
  });

  it.each([
    ['end_without_done', {}, text],
    ['end_without_done', { afterTokens: 2 }, 'One two'],
    ['half_line', { afterTokens: 2 }, 'One two'],
    ['identical_tokens', { afterTokens: 1, count: 40 }, `One${' the'.repeat(40)}`],
  ])('%s %j ends without done', async (fault, more, content) => {
    await arm(fault, more);
    const { lines, text: raw } = await ask();

    expect(contentOf(lines)).toBe(content);
    expect(lines.some(({ done }) => done === true)).toBe(false);
    expect(raw.endsWith('\n')).toBe(fault !== 'half_line');
    expect(await lastOutcome()).toBe(`fault:${fault}`);
  });

  it('done_false ends a stream with an unfinished object', async () => {
    await arm('done_false');

    expect((await ask()).last).toMatchObject({ done: false, eval_count: 7 });
  });

  it('error_line ends the stream with an error', async () => {
    await arm('error_line', { afterTokens: 1 });
    const { lines, last, status } = await ask();

    expect(status).toBe(200);
    expect(contentOf(lines)).toBe('One');
    expect(last).toEqual({ error: 'an error was encountered while running the model: unexpected EOF' });
  });

  it('garbage_line goes on to done', async () => {
    await arm('garbage_line');
    const { lines, text: raw, last } = await ask();

    expect(raw).toContain('\n<<<this is not JSON>>>\n');
    expect(contentOf(lines)).toBe(text);
    expect(last['done']).toBe(true);
    expect((await sim.requests()).at(-1)).toMatchObject({ outcome: 'done', fault: 'garbage_line' });
  });

  it.each([null, [], 42, { foo: 'bar' }])('wrong_shape %j', async (value) => {
    await arm('wrong_shape', { value, afterTokens: 0 });

    expect((await ask()).text.split('\n')[0]).toBe(JSON.stringify(value));
    await arm('wrong_shape', { value });
    expect((await ask({ stream: false })).text).toBe(JSON.stringify(value));
  });

  it('wrong_shape is an object without message by default', async () => {
    await arm('wrong_shape', { afterTokens: 0 });

    expect((await ask()).lines[0]).toEqual({ created_at: expect.any(String), text: 'hello', done: false });
  });

  it('huge_line', async () => {
    await arm('huge_line', { bytes: 3_000_000 });
    const { lines, last } = await ask();

    expect(contentOf(lines)).toHaveLength(text.length + 3_000_000);
    expect(last['done']).toBe(true);
  });

  it('slow_drip sends byte by byte', async () => {
    await sim.control('reset');
    await sim.control('script', { replies: [{ text: 'Hi' }] });
    await arm('slow_drip', { ms: 0 });
    const { pieces, text: whole } = await readPieces(sim.url);

    expect(pieces.every((piece) => piece.length === 1)).toBe(true);
    expect(whole).toContain('"content":"Hi"');
  });

  it('split_utf8 cuts characters and lines across writes', async () => {
    await sim.control('reset');
    await sim.control('script', { replies: [{ text: 'Zoë 👩‍🚀 naïve' }] });
    await arm('split_utf8');
    const { pieces, text: whole } = await readPieces(sim.url);
    const { lines } = await readAnswer(new Response(whole));

    expect(pieces.some((piece) => (piece[0] ?? 0) >> 6 === 2)).toBe(true);
    expect(contentOf(lines)).toBe('Zoë 👩‍🚀 naïve');
  });

  it('joined_lines sends several lines per write', async () => {
    await arm('joined_lines', { count: 3 });
    const { pieces } = await readPieces(sim.url);

    expect(pieces.map((piece) => piece.toString().split('\n').length - 1)).toEqual([3, 3, 2]);
  });

  it('last_line_without_newline', async () => {
    await arm('last_line_without_newline');
    const { text: raw, last } = await ask();

    expect(raw.endsWith('}')).toBe(true);
    expect(last['done']).toBe(true);
  });

  it('think_in_content and empty_answer', async () => {
    await arm('think_in_content');
    await arm('empty_answer');

    expect(contentOf((await ask()).lines)).toMatch(/^<think>\n[^<]+\n<\/think>\n\nOne two/);
    const empty = await ask();
    expect(empty.lines).toHaveLength(1);
    expect(empty.last).toMatchObject({
      message: { content: '' },
      done: true,
      done_reason: 'stop',
      eval_count: 1,
    });
  });

  it('delay_headers delays the whole answer', async () => {
    await arm('delay_headers', { ms: 40 });

    expect((await ask()).last['total_duration']).toBeGreaterThan(35e6);
    expect(await lastOutcome()).toBe('done');
  });

  it.each([
    ['done_false', 200, { done: false }],
    ['end_without_done', 200, { done: false }],
    ['error_line', 500, { error: expect.any(String) }],
  ])('%s without streaming', async (fault, status, last) => {
    await arm(fault);
    const answer = await ask({ stream: false });

    expect(answer).toMatchObject({ status, last });
    expect(answer.last).not.toHaveProperty('done_reason');
    expect(await lastOutcome()).toBe(`fault:${fault}`);
  });

  it.each(['half_line', 'garbage_line'])('%s without streaming is no JSON', async (fault) => {
    await arm(fault);
    const { text: body } = await ask({ stream: false });

    expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
  });

  it('leaves requests that only load a model to faults that need no answer', async () => {
    await arm('cut_mid_stream');

    expect((await sim.ask('/api/chat', { model: 'llama2' })).last['done_reason']).toBe('load');
    const cut = await sim.send('/api/chat', chatBody('hello'));
    await expect(readAnswer(cut)).rejects.toThrow('terminated');
  });

  it.each([
    [{ faults: [{ fault: 'nonsense' }] }, /fault must be one of reset_before_headers/],
    [{ faults: [{ fault: 'half_line', after: 3 }] }, /a fault has no .+after/],
    [{ faults: [{ fault: 'error_line', match: { path: '/api/tags' } }] }, /only/],
  ])('refuses %j', async (body, message) => {
    await expect(sim.control('faults', body)).rejects.toThrow(message);
  });
});

/** What was written at a time: each write is one chunk of the transfer coding. fetch joins chunks, node:http does not. */
async function readPieces(url: string): Promise<{ pieces: Buffer[]; text: string }> {
  const pieces: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(`${url}/api/chat`, { method: 'POST', agent: false }, (response) => {
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', resolve);
    });
    request.on('error', reject);
    request.end(JSON.stringify(chatBody('hello')));
  });
  return { pieces, text: Buffer.concat(pieces).toString() };
}
