import { ProbeApp } from './testing/probe-app';

const ID = expect.stringMatching(/^[\w.-]{1,64}$/);

describe('the checks of a request over HTTP', () => {
  let app: ProbeApp;

  beforeAll(async () => {
    app = await ProbeApp.start();
  });

  afterAll(() => app.stop());

  it.each([
    ['{}', 'missing', ['body', 'agents']],
    ['[]', 'dict_type', ['body']],
    ['null', 'dict_type', ['body']],
    ['"x"', 'dict_type', ['body']],
    ['3', 'dict_type', ['body']],
    ['{"agents":[[]]}', 'model_attributes_type', ['body', 'agents', 0]],
    ['{"agents":[null]}', 'model_attributes_type', ['body', 'agents', 0]],
    ['{"agents":{}}', 'list_type', ['body', 'agents']],
    ['{"agents":[]}', 'too_short', ['body', 'agents']],
    ['{"agents":[{"name":3}]}', 'string_type', ['body', 'agents', 0, 'name']],
    ['{"agents":[{"name":"  "}]}', 'value_error', ['body', 'agents', 0, 'name']],
    ['{"agents":[{"name":"a\\u0000"}]}', 'value_error', ['body', 'agents', 0, 'name']],
    ['{"agents":[{"name":"\\ud800"}]}', 'value_error', ['body', 'agents', 0, 'name']],
    ['{"agents":[{"name":"A"}],"__proto__":{"x":1}}', 'value_error', ['body', '__proto__']],
    [`${'['.repeat(3_000)}${']'.repeat(3_000)}`, 'value_error', ['body', 0, 0, 0, 0, 0, 0, 0, 0]],
    [
      `{"x":${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}}`,
      'value_error',
      ['body', 'x', 'a', 'a', 'a', 'a', 'a', 'a', 'a'],
    ],
  ])('answers 422 for %.60s', async (body, type, loc) => {
    const answer = await app.send('/api/experiments/start', body);
    expect(answer.status).toBe(422);
    expect(answer.json).toEqual({
      detail: [expect.objectContaining({ type, loc })],
      code: 'VALIDATION_FAILED',
      request_id: ID,
    });
  });

  it.each<Record<string, string>>([
    {},
    { 'content-length': '0', 'content-type': 'application/json' },
    { 'content-length': '0' },
  ])('answers 422 for a missing body (headers %j)', async (headers) => {
    const answer = await app.call('POST', '/api/experiments/start', headers);
    expect(answer.json).toMatchObject({
      detail: [{ type: 'missing', loc: ['body'], msg: 'Field required' }],
    });
  });

  it('checks the query as leniently', async () => {
    expect((await app.call('GET', '/api/experiments?limit=5&other=x')).json).toEqual({ limit: 5 });
    expect((await app.call('GET', '/api/experiments')).json).toEqual({ limit: 20 });
    expect((await app.call('GET', '/api/experiments?limit=0')).json).toMatchObject({
      detail: [{ type: 'greater_than_equal', loc: ['query', 'limit'], ctx: { ge: 1 } }],
    });
    expect((await app.call('GET', '/api/experiments?limit=1&limit=2')).status).toBe(422);
    expect((await app.call('GET', '/api/experiments?x=%00')).status).toBe(422);
  });

  it('checks bodies without a DTO for unsafe values only', async () => {
    expect((await app.send('/api/experiments/e1', '[1]', 'application/json', 'PUT')).json).toEqual({
      kind: 'object',
    });
    expect((await app.send('/api/experiments/e1', '"\\u0000"', 'application/json', 'PUT')).status).toBe(422);
  });

  it('keeps names of Object.prototype as they are', async () => {
    const body =
      '{"agents":[{"name":"A","constructor":{"prototype":{"polluted":1}}}],"extra":{"constructor":"x"}}';
    const answer = await app.send('/api/experiments/start', body);
    expect(answer.json).toEqual({ names: ['A'], extra: { constructor: 'x' } });
    expect('polluted' in {}).toBe(false);
  });
});
