import { outcome, shapeFault } from '../support/error-shape';
import { changed } from '../support/changed';
import { aConversation } from '../support/factories';
import { garbled, mutated } from '../support/mutations';
import { Random } from '../support/random';
import { type RawAnswer, type RawRequest, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const PATH = '/api/conversations';
const REQUESTS = 1_500;

/** `FUZZ_SEED=… npx jest …` repeats a run that failed. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

describe('conversations and wrong requests', () => {
  let server: ServerProcess;
  let before: unknown;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA, {
      DATABASE_SYNCHRONOUS: 'normal',
      MAX_AGENTS: '3',
      MAX_IMPORT_MESSAGES: '10',
      MAX_MESSAGE_CHARACTERS: '1000',
    });
    await server.api.post(PATH, aConversation());
    before = (await server.api.get(PATH)).body;
  });
  afterAll(() => server.close());

  const ask = async (request: RawRequest) => outcome(await send(server.url, request));

  describe('refused', () => {
    afterEach(async () => {
      expect((await server.api.get(PATH)).body).toEqual(before);
      expect(server.complaint()).toBeNull();
    });

    const routesOf = (segment: string): RawRequest[] => [
      { path: `${PATH}/${segment}` },
      { path: `${PATH}/${segment}/messages` },
      { path: `${PATH}/${segment}/export` },
      { method: 'PUT', path: `${PATH}/${segment}`, body: '{"title":"x"}' },
      { method: 'DELETE', path: `${PATH}/${segment}` },
    ];

    it.each([
      'nobody',
      '..%2fx',
      '..%2F..%2F..%2Fetc%2Fpasswd',
      '..',
      '%2e%2e%2fconv-1',
      'x/../conv-1',
      'conv-1%2F',
      'conv-1%00',
      'a%0d%0aX-Injected:%20yes',
      '%F0%9F%98%80',
      '__proto__',
      'constructor',
      '%20',
      "'%20OR%201=1--",
      '%25s%25n',
      'CONV-1',
      'x/'.repeat(2_000) + 'x',
      'x'.repeat(10_000),
    ])('the unknown id %s is not found at any route', async (segment) => {
      const answers = await Promise.all(routesOf(segment).map((request) => send(server.url, request)));
      expect(answers.map(outcome)).toEqual(answers.map(() => '404 CONVERSATION_NOT_FOUND NOT_FOUND'));
      expect(answers.map(({ headers }) => headers['x-injected'])).toEqual(answers.map(() => undefined));
    });

    it.each(['%FF', '%', '%zz', '%c0%af', '%ed%a0%80'])('the id %s, which is no text', async (segment) => {
      const answers = await Promise.all(routesOf(segment).map(ask));
      expect(answers).toEqual(answers.map(() => '400 BAD_REQUEST'));
    });

    it.each<[string, string, string]>([
      ['POST', '/conv-1', 'DELETE, GET, HEAD, PUT'],
      ['PATCH', '/conv-1', 'DELETE, GET, HEAD, PUT'],
      ['DELETE', '', 'GET, HEAD, POST'],
      ['PUT', '', 'GET, HEAD, POST'],
    ])('the method %s of %s', async (method, path, allowed) => {
      const answer = await send(server.url, { method, path: PATH + path });
      expect(outcome(answer)).toBe('405 METHOD_NOT_ALLOWED');
      expect(answer.headers.allow).toBe(allowed);
    });

    it.each([
      ['?limit=0', 'greater_than_equal query.limit'],
      ['?limit=1001', 'less_than_equal query.limit'],
      ['?limit=x', 'int_parsing query.limit'],
      ['?limit=1&limit=2', 'int_type query.limit'],
      ['?cursor=x', 'value_error query.cursor'],
      ['?cursor=', 'value_error query.cursor'],
      [`?cursor=${Buffer.from('[1,2]').toString('base64url')}`, 'value_error query.cursor'],
      ['?from=yesterday', 'datetime_parsing query.from'],
      ['?to=2026-02-30', 'datetime_parsing query.to'],
      ['?model=', 'value_error query.model'],
      ['?model=%00', 'value_error query.model'],
    ])('the query %s of the lists', async (query, problem) => {
      for (const path of [PATH, `${PATH}/experiment/x`]) {
        expect(await ask({ path: path + query })).toBe(`422 VALIDATION_FAILED [${problem}]`);
      }
    });

    it.each([
      ['/experiment/x?status=running', 'literal_error query.status'],
      [`/experiment/x?cursor=${Buffer.from('["","one"]').toString('base64url')}`, 'value_error query.cursor'],
      [`?source=${'x'.repeat(101)}`, 'string_too_long query.source'],
      ['/conv-1/messages?after_seq=-1', 'greater_than_equal query.after_seq'],
      ['/conv-1/messages?limit=1001', 'less_than_equal query.limit'],
      ['/conv-1/export?format=html', 'literal_error query.format'],
    ])('the query of %s', async (path, problem) => {
      expect(await ask({ path: PATH + path })).toBe(`422 VALIDATION_FAILED [${problem}]`);
    });

    it.each<[string, unknown, string]>([
      ['', [], 'dict_type body'],
      ['', 'text', 'dict_type body'],
      ['id', 5, 'string_type body.id'],
      ['id', 'x'.repeat(501), 'string_too_long body.id'],
      ['id', 'a\0b', 'value_error body.id'],
      ['title', undefined, 'missing body.title'],
      ['title', null, 'string_type body.title'],
      ['title', 'x'.repeat(501), 'string_too_long body.title'],
      ['title', '\ud800', 'value_error body.title'],
      ['agents', undefined, 'missing body.agents'],
      ['agents', {}, 'list_type body.agents'],
      ['agents', [[]], 'model_attributes_type body.agents.0'],
      ['agents', Array.from({ length: 4 }, () => aConversation().agents[0]), 'too_long body.agents'],
      ['agents.0.id', 5, 'string_type body.agents.0.id'],
      ['agents.0.name', null, 'string_type body.agents.0.name'],
      ['agents.1.name', 'x'.repeat(101), 'string_too_long body.agents.1.name'],
      ['agents.1.originalName', 'x'.repeat(101), 'string_too_long body.agents.1.originalName'],
      ['agents.1.color', undefined, 'missing body.agents.1.color'],
      ['agents.1.color', 'x'.repeat(201), 'string_too_long body.agents.1.color'],
      ['agents.1.model', {}, 'string_type body.agents.1.model'],
      ['agents.1.model', 'x'.repeat(501), 'string_too_long body.agents.1.model'],
      ['messages', undefined, 'missing body.messages'],
      ['messages', 'x', 'list_type body.messages'],
      ['messages', Array.from({ length: 11 }, () => aConversation().messages[0]), 'too_long body.messages'],
      ['messages.1', null, 'model_attributes_type body.messages.1'],
      ['messages.1.id', undefined, 'missing body.messages.1.id'],
      ['messages.1.agentId', 5, 'string_type body.messages.1.agentId'],
      ['messages.0.content', null, 'string_type body.messages.0.content'],
      ['messages.0.content', 'x'.repeat(1_001), 'string_too_long body.messages.0.content'],
      ['messages.0.timestamp', 'x'.repeat(101), 'string_too_long body.messages.0.timestamp'],
      ['messages.0.timestamp', 1_769_108_722, 'string_type body.messages.0.timestamp'],
      ['messages.0.model', 5, 'string_type body.messages.0.model'],
      ['createdAt', undefined, 'missing body.createdAt'],
      ['createdAt', 5, 'string_type body.createdAt'],
      ['importedAt', {}, 'string_type body.importedAt'],
      ['source', 5, 'string_type body.source'],
      ['source', 'x'.repeat(101), 'string_too_long body.source'],
      ['iteration', 'one', 'int_parsing body.iteration'],
      ['experiment_id', 5, 'string_type body.experiment_id'],
      [
        'extra',
        Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1),
        'value_error body.extra.0.0.0.0.0.0.0',
      ],
    ])('the body with %s = %j', async (field, value, problem) => {
      const body = JSON.stringify(field === '' ? value : changed(aConversation(), field, value));
      const expected = `422 VALIDATION_FAILED [${problem}]`;
      expect(await ask({ method: 'POST', path: PATH, body })).toBe(expected);
      // A change may leave things out; its own id, experiment and number are not looked at.
      if (value !== undefined && !/^(id|iteration|experiment_id)$/.test(field)) {
        expect(await ask({ method: 'PUT', path: `${PATH}/conv-1`, body })).toBe(expected);
      }
    });

    it.each(['POST', 'PUT'])('%s of what is no JSON', async (method) => {
      const path = method === 'PUT' ? `${PATH}/conv-1` : PATH;
      expect(await ask({ method, path, body: '{"title":' })).toMatch(/^422 INVALID_JSON \[json_invalid body/);
      expect(await ask({ method, path })).toBe('422 VALIDATION_FAILED [missing body]');
      expect(await ask({ method, path, body: 'x', headers: { 'content-type': 'text/plain' } })).toBe(
        '415 UNSUPPORTED_MEDIA_TYPE',
      );
    });
  });

  it(`${REQUESTS} random ones get no 5xx and no error of a wrong form, and the server outlives them`, async () => {
    const faults: object[] = [];
    const statuses = new Set<number>();
    const requestOf = (random: Random): RawRequest => {
      const text = Buffer.from(JSON.stringify(mutated(random, aConversation({ id: 'fuzz' }))));
      const body = random.chance(0.3) ? garbled(random, text) : text;
      const list = Buffer.concat([Buffer.from('['), body, Buffer.from(',{"messages":[]}]')]);
      return random.of<RawRequest>([
        { method: 'POST', path: PATH, body },
        { method: 'PUT', path: `${PATH}/fuzz`, body },
        { method: 'POST', path: `${PATH}/import`, body },
        { method: 'POST', path: `${PATH}/import`, body: list },
      ]);
    };
    const faultOf = (answer: RawAnswer) => {
      if (answer.status >= 500) {
        return `${answer.status}: ${answer.text.slice(0, 300)}`;
      }
      return answer.status < 400 ? null : shapeFault(answer);
    };
    const work = async (first: number) => {
      for (let index = first; index < REQUESTS; index += 8) {
        const request = requestOf(new Random(seed + index));
        const answer = await send(server.url, request);
        statuses.add(answer.status);
        const fault = faultOf(answer);
        if (fault !== null) {
          faults.push({ index, ...request, body: String(request.body).slice(0, 1_000), fault });
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, first) => work(first)));
    expect({ seed, faults: faults.slice(0, 5) }).toEqual({ seed, faults: [] });
    expect({ seed, complaint: server.complaint() }).toEqual({ seed, complaint: null });
    expect([...statuses]).toEqual(expect.arrayContaining([200, 422]));
    const { conversations } = (await server.api.get<{ conversations: unknown[] }>(PATH)).body;
    expect(conversations.length).toBeGreaterThan(1);
    expect((await server.api.get(`${PATH}/conv-1`)).status).toBe(200);
  });
});
