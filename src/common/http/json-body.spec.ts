import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Logger } from '@nestjs/common';
import { ProbeApp } from './testing/probe-app';

const ID = expect.stringMatching(/^[\w.-]{1,64}$/);
const AGENTS = '{"agents":[{"name":"A"}]}';

describe('readJsonBody', () => {
  let app: ProbeApp;
  let logged: jest.SpyInstance;

  beforeAll(async () => {
    app = await ProbeApp.start({ MAX_BODY_BYTES: '10000', MAX_IMPORT_BYTES: '100000' });
  });

  afterAll(() => app.stop());

  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
  });

  afterEach(() => {
    logged.mockRestore();
  });

  it.each([
    'application/json',
    'application/json; charset=UTF-8',
    'Application/JSON',
    'application/vnd.api+json',
  ])('reads %s', async (type) => {
    const answer = await app.send('/api/experiments/start', '{"agents":[{"name":" A "}]}', type);
    expect([answer.status, answer.json]).toEqual([200, { names: ['A'] }]);
  });

  it('reads a compressed body, and limits what comes out of it', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const small = await app.call('POST', '/api/experiments/start', headers, gzipSync(AGENTS));
    expect(small.status).toBe(200);
    const bomb = await app.call(
      'POST',
      '/api/experiments/start',
      headers,
      gzipSync(`"${'x'.repeat(1_000_000)}"`),
    );
    expect(bomb.status).toBe(413);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json; charset=utf-16',
    '',
  ])('answers 415 for %j', async (type) => {
    const answer = await app.send('/api/experiments/start', AGENTS, type);
    expect(answer.status).toBe(415);
    expect(answer.json).toMatchObject({
      detail: expect.any(String),
      code: 'UNSUPPORTED_MEDIA_TYPE',
      request_id: ID,
    });
  });

  it('answers 415 for an unknown compression', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'rot13' };
    expect((await app.call('POST', '/api/experiments/start', headers, AGENTS)).status).toBe(415);
  });

  it('answers 400 for a compressed body that is none', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await app.call('POST', '/api/experiments/start', headers, AGENTS);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ detail: 'The body could not be read.' });
  });

  it('answers 413 for a body above its limit, which is higher for conversations', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(20_000) });
    const tooLarge = await app.send('/api/experiments/start', body);
    expect(tooLarge.status).toBe(413);
    expect(tooLarge.json).toEqual({
      detail: 'The body is larger than 10000 bytes.',
      code: 'BODY_TOO_LARGE',
      request_id: ID,
    });
    expect((await app.send('/api/conversations', body)).json).toEqual({ characters: 20_000 });
    const conversation = JSON.stringify({ text: 'x'.repeat(200_000) });
    expect((await app.send('/api/conversations', conversation)).json).toMatchObject({
      code: 'BODY_TOO_LARGE',
    });
  });

  it.each([
    ['{"agents":', 'no end'],
    ['{agents:1}', 'a bare name'],
    ['{} {}', 'two objects'],
    ['<xml/>', 'another language'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'broken UTF-8'],
  ])('answers 422 for the malformed JSON %s (%s)', async (body, _what) => {
    const answer = await app.send('/api/experiments/start', body);
    expect(answer.status).toBe(422);
    expect(answer.json).toEqual({
      detail: [expect.objectContaining({ type: 'json_invalid', msg: 'JSON decode error' })],
      code: 'INVALID_JSON',
      request_id: ID,
    });
  });

  it('says where malformed JSON breaks', async () => {
    const answer = await app.send('/api/experiments/start', '{"a":1,}');
    expect(answer.json).toMatchObject({
      detail: [{ loc: ['body', 7], ctx: { error: expect.any(String) } }],
    });
  });

  it('answers malformed JSON with 400 below /api/ollama', async () => {
    const answer = await app.send('/api/ollama/generate', '{');
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ detail: expect.any(String), code: 'INVALID_JSON', request_id: ID });
  });

  it('does not look at the body of a request that no route takes', async () => {
    expect((await app.send('/nowhere', '{', 'text/plain')).status).toBe(404);
    expect((await app.send('/api/experiments', '{', 'text/plain')).status).toBe(405);
  });

  it('goes on after a client that hangs up in the middle of its body', async () => {
    const socket = connect(app.port, '127.0.0.1');
    await once(socket, 'connect');
    const head =
      'POST /api/experiments/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Content-Length: 100\r\n\r\n{"agents"`);
    socket.destroy();
    await once(socket, 'close');
    expect((await app.call('GET', '/api/experiments')).status).toBe(200);
    expect(logged).not.toHaveBeenCalled();
  });
});
