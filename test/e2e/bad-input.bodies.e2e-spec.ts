import { gzipSync } from 'node:zlib';
import { outcome } from '../support/error-shape';
import { anExperiment } from '../support/factories';
import { exchangeBytes, type RawRequest, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const START = '/api/experiments/start';
const MEGABYTE = 1_048_576;

describe('bodies and bytes that cannot be read', () => {
  let server: ServerProcess;
  let id: string;
  let before: unknown;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA);
    id = await server.api.start(anExperiment());
    // A status that ends it answers when the end is stored.
    await server.api.put(`/api/experiments/${id}/status?status=error`);
    before = [await server.api.list(), await server.api.experiment(id)];
  });
  afterEach(async () => {
    expect([await server.api.list(), await server.api.experiment(id)]).toEqual(before);
    expect(server.complaint()).toBeNull();
  });
  afterAll(() => server.close());

  const resultOf = async (request: RawRequest) => outcome(await send(server.url, request));

  /** The outcomes of a body at the two routes that read one. */
  const bodyResults = (body: string | Buffer | undefined, headers: Record<string, string> = {}) =>
    Promise.all([
      resultOf({ method: 'POST', path: START, body, headers }),
      resultOf({ method: 'PUT', path: `/api/experiments/${id}`, body, headers }),
    ]);
  const both = (result: unknown) => [result, result];

  describe('bodies', () => {
    it.each([
      ['none', undefined, 'missing body'],
      ['an empty one', '', 'missing body'],
      ['null', 'null', 'dict_type body'],
      ['a list', '[]', 'dict_type body'],
      ['a text', '"x"', 'dict_type body'],
      ['a number', '5', 'dict_type body'],
      ['a boolean', 'true', 'dict_type body'],
      ['a text with NUL', '"\\u0000"', 'value_error body'],
    ])('%s is refused where an object is needed', async (_what, body, problem) => {
      expect(await bodyResults(body)).toEqual(both(`422 VALIDATION_FAILED [${problem}]`));
    });

    it.each([
      ['cut', '{"task":'],
      ['with a comma too many', '{"title":"x",}'],
      ['with single quotes', "{'title':'x'}"],
      ['with something after it', '{"title":"x"}}'],
      ['with NaN', '{"title":NaN}'],
      ['with a raw line break in a text', '{"title":"a\nb"}'],
      ['with broken UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
      ['with a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
      ['in UTF-16', Buffer.from('{"title":"x"}', 'utf16le')],
      ['of white space', '  \n'],
      ['of bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ])('JSON %s is refused', async (_what, body) => {
      expect(await bodyResults(body)).toEqual(
        both(expect.stringMatching(/^422 INVALID_JSON \[json_invalid body(\.\d+)?\]$/)),
      );
    });

    it.each([
      ['lists', 'value_error body.0.0.0.0.0.0.0.0', `${'['.repeat(3_000)}${']'.repeat(3_000)}`],
      ['objects', 'value_error body.x.x.x.x.x.x.x.x', `${'{"x":'.repeat(3_000)}1${'}'.repeat(3_000)}`],
      ['unclosed lists', 'json_invalid', '['.repeat(100_000)],
      [
        'objects one level too deep',
        'value_error body.x.x.x.x.x.x.x.x',
        `${'{"x":'.repeat(33)}1${'}'.repeat(33)}`,
      ],
    ])('deeply nested %s are refused', async (_what, problem, body) => {
      expect(await bodyResults(body)).toEqual(both(expect.stringContaining(problem)));
    });

    it('nesting up to the limit is no reason to refuse a body', async () => {
      const body = `{"extra":${'['.repeat(31)}${']'.repeat(31)}}`;
      expect(await bodyResults(body)).toEqual([
        '422 VALIDATION_FAILED [missing body.task, missing body.agents]',
        '200',
      ]);
    });

    it.each([
      ['text/plain', '{}'],
      ['application/x-www-form-urlencoded', 'title=x'],
      ['multipart/form-data; boundary=x', '--x--'],
      ['application/octet-stream', '{}'],
      ['application/jsonx', '{}'],
      ['', '{}'],
      ['application/json; charset=utf-16', '{}'],
      ['application/json; charset=latin1', '{}'],
    ])('a body sent as "%s" is refused', async (type, body) => {
      expect(await bodyResults(body, { 'content-type': type })).toEqual(both('415 UNSUPPORTED_MEDIA_TYPE'));
    });

    it.each(['application/json', 'Application/JSON; Charset="UTF-8"', 'application/problem+json'])(
      'a body sent as %s is read',
      async (type) => {
        expect(await bodyResults('{}', { 'content-type': type })).toEqual([
          '422 VALIDATION_FAILED [missing body.task, missing body.agents]',
          '200',
        ]);
      },
    );

    it.each([
      ['gzip', '400 BAD_REQUEST'],
      ['deflate', '400 BAD_REQUEST'],
      ['br', '400 BAD_REQUEST'],
      ['compress', '415 UNSUPPORTED_MEDIA_TYPE'],
      ['identity, gzip', '415 UNSUPPORTED_MEDIA_TYPE'],
    ])('garbage in the encoding %s is refused', async (encoding, result) => {
      expect(await bodyResults('garbage', { 'content-encoding': encoding })).toEqual(both(result));
    });

    it('a body over the limit is refused: announced, in chunks, or packed', async () => {
      const body = Buffer.alloc(MEGABYTE + 1, ' ');
      const bomb = gzipSync(Buffer.alloc(64 * MEGABYTE, ' '));
      expect(bomb.length).toBeLessThan(MEGABYTE);
      expect([
        ...(await bodyResults(body)),
        ...(await bodyResults(body, { 'transfer-encoding': 'chunked' })),
        ...(await bodyResults(bomb, { 'content-encoding': 'gzip' })),
      ]).toEqual(Array.from({ length: 6 }, () => '413 BODY_TOO_LARGE'));
      expect(await bodyResults(`"${'x'.repeat(MEGABYTE - 2)}"`)).toEqual(
        both('422 VALIDATION_FAILED [dict_type body]'),
      );
    });
  });

  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), 400],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400],
    ['an unknown version', 'GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'broken chunks',
      `POST ${START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`,
      400,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}`, 431],
  ])('%s in place of HTTP is refused, and that connection closed', async (_what, bytes, status) => {
    expect(await exchangeBytes(server.port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('a body that is cut off is forgotten', async () => {
    const head = `POST ${START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`;
    expect(await exchangeBytes(server.port, `${head}{"task":`)).not.toContain('200 OK');
  });
});
