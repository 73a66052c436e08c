import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type CatalogModelList } from '../../src/models/catalog/catalog.dto';
import { DiskSpace } from '../../src/models/disk-space';
import { type InstalledModelList, type LoadedModelList } from '../../src/models/dto/model.dto';
import { anAgent, anExperiment } from '../support/factories';
import { pullsOf } from '../support/pulls';
import { send } from '../support/raw-http';
import { startApp, type TestApp } from '../support/test-app';
import { withServer } from '../support/with-server';

const SLASHED = 'hf.co/acme/Tiny-GGUF:Q4_K_M';
const ENCODED = encodeURIComponent(SLASHED);

describe('models', () => {
  const server = withServer({ PULL_RETRY_ATTEMPTS: '0' });

  const installed = async () =>
    (await server.api.get<InstalledModelList>('/api/models/list')).body.models.map(({ name }) => name);

  /** An experiment whose only agent is held in the middle of its answer. */
  const startTalking = async (model: string): Promise<string> => {
    await server.simulator.control('hold', { afterTokens: 1 });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo', { model })] }));
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };

  it('lists what is installed, with exactly the known keys', async () => {
    const { status, body } = await server.api.get<InstalledModelList>('/api/models/list');
    expect(status).toBe(200);
    expect(body.models.length).toBeGreaterThan(3);
    for (const model of body.models) {
      expect(Object.keys(model).toSorted()).toEqual(['details', 'digest', 'modified_at', 'name', 'size']);
    }
  });

  it.each([{ models: null }, {}, { models: [null, 5, { name: 5 }] }, { models: 'x' }])(
    'lists none when Ollama answers %j',
    async (value) => {
      await server.simulator.faults({ fault: 'wrong_shape', value, match: { path: '/api/tags' } });
      expect(await server.api.get('/api/models/list')).toMatchObject({ status: 200, body: { models: [] } });
    },
  );

  it('tells the version of Ollama', async () => {
    expect((await server.api.get('/api/models/version')).body).toEqual({ version: '0.33.0' });
  });

  it.each([
    ['http_error', { status: 500 }, 500, 'OLLAMA_ERROR'],
    ['http_empty', { status: 403 }, 403, 'OLLAMA_FORBIDDEN'],
    ['http_html', { status: 502 }, 502, 'OLLAMA_ERROR'],
    ['reset_before_headers', {}, 503, 'OLLAMA_UNREACHABLE'],
    ['garbage_line', {}, 502, 'BAD_STREAM'],
  ])('passes on what Ollama did: %s', async (fault, more, status, code) => {
    await server.simulator.faults({ fault, ...more, match: { path: '/api/tags' } });
    const answer = await server.api.get('/api/models/list');
    expect(answer).toMatchObject({ status, body: { code, detail: expect.any(String) } });
  });

  it('answers 503 everywhere while Ollama is away, but shows the catalog', async () => {
    const away = await startApp('http://127.0.0.1:9');
    const calls = [
      away.api.get('/api/models/list'),
      away.api.get('/api/models/ps'),
      away.api.get('/api/models/version'),
      away.api.get('/api/models/show/m'),
      away.api.post('/api/models/unload/m', undefined),
      away.api.delete('/api/models/delete/m'),
    ];
    for (const answer of await Promise.all(calls)) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'OLLAMA_UNREACHABLE' } });
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
    const { body } = await away.api.get<CatalogModelList>('/api/models/catalog');
    expect(body.models.some((model) => model.installed)).toBe(false);
    await away.close();
  });

  it('shows what a model can do', async () => {
    const { body } = await server.api.get('/api/models/show/LLAMA3.2:3B');
    expect(body).toMatchObject({
      name: 'llama3.2:3b',
      capabilities: expect.arrayContaining(['completion', 'tools']),
      context_length: 131_072,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      size: expect.any(Number),
      parameters: expect.stringContaining('stop'),
      details: { family: 'llama' },
    });
    expect((await server.api.get('/api/models/show/llama2')).body).toMatchObject({ name: 'llama2:latest' });
  });

  it('tells which models are in memory, and takes them out', async () => {
    await server.run(anExperiment({ agents: [anAgent('Solo', { model: 'mistral:7b' })] }));
    const loaded = async () => (await server.api.get<LoadedModelList>('/api/models/ps')).body.models;
    expect(await loaded()).toEqual([
      {
        name: 'mistral:7b',
        size: expect.any(Number),
        size_vram: expect.any(Number),
        expires_at: expect.stringMatching(/^\d{4}-/),
        context_length: 8192,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(await server.api.post('/api/models/unload/Mistral%3A7b', undefined)).toMatchObject({
      status: 200,
      body: { success: true },
    });
    await server.simulator.waitUntil('loadedModels', 0);
    expect(await loaded()).toEqual([]);
  });

  it.each([SLASHED, ENCODED])('deletes a model with slashes in its name: %s', async (path) => {
    await pullsOf(server).run(SLASHED);
    expect(await installed()).toContain(SLASHED);
    expect(await server.api.get(`/api/models/show/${path}`)).toMatchObject({ body: { name: SLASHED } });
    expect(await server.api.delete(`/api/models/delete/${path}`)).toMatchObject({
      status: 200,
      body: { success: true, message: expect.stringContaining(SLASHED) },
    });
    expect(await installed()).not.toContain(SLASHED);
  });

  it('deletes m:latest when m is meant, and nothing else', async () => {
    await pullsOf(server).run('pair');
    await pullsOf(server).run('pair:small');
    expect((await server.api.delete('/api/models/delete/PAIR')).status).toBe(200);
    expect(await installed()).toContain('pair:small');
    expect(await server.api.delete('/api/models/delete/pair')).toMatchObject({
      status: 404,
      body: { code: 'MODEL_NOT_FOUND' },
    });
  });

  it.each(['GET /api/models/show/', 'POST /api/models/unload/', 'DELETE /api/models/delete/'])(
    'refuses what is no name: %s',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      for (const name of ['a%20b', '..%2F..%2Fetc', 'a/b/c/d', '%00', 'm'.repeat(81)]) {
        const answer = await send(server.url, { method, path: path + name });
        expect([name, answer.status]).toEqual([name, 422]);
        expect(answer.json).toMatchObject({
          code: 'INVALID_MODEL_NAME',
          detail: [{ loc: ['path', 'model_name'] }],
        });
      }
      expect(await server.api.call(method, `${path}nobody`)).toMatchObject({
        status: 404,
        body: { code: 'MODEL_NOT_FOUND' },
      });
    },
  );

  describe('MODEL_IN_USE', () => {
    it.each([
      ['DELETE', '/api/models/delete/phi4-mini:3.8b'],
      ['POST', '/api/models/unload/PHI4-mini%3A3.8B'],
    ])('%s %s is refused while a running experiment uses the model, unless forced', async (method, path) => {
      await pullsOf(server).run('phi4-mini:3.8b');
      const id = await startTalking('phi4-mini:3.8b');
      for (const query of ['', '?force=false', '?force=0']) {
        const refused = await server.api.call<{ detail: string }>(method, path + query);
        expect(refused).toMatchObject({ status: 409, body: { code: 'MODEL_IN_USE' } });
        expect(refused.body.detail).toContain(id);
      }
      expect((await server.api.call(method, `${path}?force=maybe`)).status).toBe(422);
      expect((await server.api.call(method, `${path}?force=true`)).status).toBe(200);
      await server.simulator.control('release');
      await server.untilOver(id);
    });

    it('does not hold once the experiment is over', async () => {
      await pullsOf(server).run('used:1b');
      await server.run(anExperiment({ agents: [anAgent('Solo', { model: 'used:1b' })] }));
      expect((await server.api.delete('/api/models/delete/used:1b')).status).toBe(200);
    });
  });

  describe('disk space', () => {
    const GIB = 1024 ** 3;
    let disk: DiskSpace;
    const has = (bytes: number | null) => jest.spyOn(disk, 'availableBytes').mockResolvedValue(bytes);
    beforeEach(() => {
      disk = server.app.get(DiskSpace, { strict: false });
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('INSUFFICIENT_DISK_SPACE: no pull begins without room for a model', async () => {
      has(4.9 * GIB);
      expect(await pullsOf(server).post('large')).toMatchObject({
        status: 507,
        body: { code: 'INSUFFICIENT_DISK_SPACE', detail: expect.stringContaining('4.9 GB') },
      });
      expect((await server.api.get('/api/models/pull/by-model/large')).status).toBe(404);
    });

    it('is not asked for where it cannot be read', async () => {
      has(null);
      const { status, progress } = await pullsOf(server).run('elsewhere');
      expect(status).toBe('completed');
      expect(progress).not.toHaveProperty('disk_space_available_gb');
    });

    it('is warned of in the progress', async () => {
      has(6 * GIB);
      await server.simulator.control('hold', { fraction: 0.5 });
      const id = await pullsOf(server).start('filling');
      has(1.5 * GIB);
      await server.simulator.waitUntil('heldPulls', 1);
      await disk.look();
      await server.simulator.control('release');
      expect((await pullsOf(server).untilOver(id)).progress).toMatchObject({
        disk_space_available_gb: 1.5,
        disk_space_warning: expect.stringContaining('1.5 GB'),
      });
    });
  });
});

describe('the catalog', () => {
  let source: Server;
  let app: TestApp;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const own = withServer();

  beforeAll(async () => {
    source = createServer((request, response) => answer(request, response));
    source.listen(0, '127.0.0.1');
    await once(source, 'listening');
  });
  beforeEach(async () => {
    const { port } = source.address() as AddressInfo;
    app = await startApp(own.simulator.url, { MODEL_CATALOG_URL: `http://127.0.0.1:${port}/catalog.json` });
  });
  afterEach(() => app.close());
  afterAll(() => {
    source.closeAllConnections();
    source.close();
  });

  const catalog = async () => (await app.api.get<CatalogModelList>('/api/models/catalog')).body.models;
  const update = () => app.api.call<Record<string, unknown>>('POST', '/api/models/catalog/update');

  it('is a built-in list before anything was fetched, in its order', async () => {
    const models = await catalog();
    expect(models.length).toBeGreaterThanOrEqual(30);
    expect(models.map(({ name }) => name)).toEqual(models.map(({ name }) => name).toSorted());
    const known = models.find(({ tag }) => tag === 'llama3.2:3b');
    expect(known).toMatchObject({ family: 'llama3.2', size: null, pull_count: 0, installed: true });
    expect(models.find(({ tag }) => tag === 'llama3.2:1b')?.installed).toBe(false);
  });

  it('is fetched anew: bad entries are left out, the rest is saved', async () => {
    answer = (_request, response) =>
      response.end(
        JSON.stringify({
          models: [
            { name: 'B', tag: 'demo:1b' },
            { name: 'A', tag: 'LLAMA2', size: 5, pull_count: 3 },
            { name: '', tag: 'x' },
            { name: 'C', tag: 'a b' },
          ],
        }),
      );
    expect(await update()).toMatchObject({
      status: 200,
      body: { success: true, model_count: 2, message: expect.stringContaining('2 unusable') },
    });
    expect(await catalog()).toEqual([
      {
        name: 'A',
        tag: 'LLAMA2',
        size: 5,
        family: null,
        quant: null,
        description: null,
        notes: null,
        pull_count: 3,
        installed: true,
      },
      expect.objectContaining({ name: 'B', tag: 'demo:1b', installed: false }),
    ]);
  });

  it.each([
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['nothing usable', (response: ServerResponse) => response.end('[{}]')],
    ['an error', (response: ServerResponse) => response.writeHead(500).end()],
    [
      'a redirect elsewhere',
      (response: ServerResponse) => response.writeHead(302, { location: 'http://x/' }).end(),
    ],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
  ])('CATALOG_UPDATE_FAILED: %s keeps the old one', async (_what, respond) => {
    answer = (_request, response) => response.end('[{"name":"Old","tag":"old"}]');
    await update();
    answer = (_request, response) => respond(response);
    expect(await update()).toMatchObject({
      status: 500,
      body: {
        code: 'CATALOG_UPDATE_FAILED',
        detail: expect.stringMatching(/^The catalog was not updated: /),
      },
    });
    expect((await catalog()).map(({ name }) => name)).toEqual(['Old']);
  });

  it('says so when no address is set', async () => {
    const without = await startApp(own.simulator.url);
    expect(await without.api.call('POST', '/api/models/catalog/update')).toMatchObject({
      status: 500,
      body: { code: 'CATALOG_UPDATE_FAILED', detail: expect.stringContaining('MODEL_CATALOG_URL') },
    });
    await without.close();
  });

  it('is updated once at a time, and to the end although the client leaves', async () => {
    const asked = new Promise<ServerResponse>((resolve) => {
      answer = (_request, response) => resolve(response);
    });
    const leaving = new AbortController();
    const left = fetch(`${app.url}/api/models/catalog/update`, { method: 'POST', signal: leaving.signal });
    const response = await asked;
    expect(await update()).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining('running already') },
    });
    leaving.abort();
    await expect(left).rejects.toThrow();
    response.end('[{"name":"New","tag":"new"}]');
    answer = (_request, again) => again.end('[{"name":"Newer","tag":"newer"}]');
    while ((await catalog())[0]?.name !== 'New') {
      await app.api.get('/health');
    }
    expect((await update()).status).toBe(200);
  });

  it('does not keep the server from stopping while it is fetched', async () => {
    const asked = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const stopping = await startApp(own.simulator.url, {
      MODEL_CATALOG_URL: `http://127.0.0.1:${(source.address() as AddressInfo).port}/`,
    });
    const answered = stopping.api.call('POST', '/api/models/catalog/update').catch(() => 'closed');
    await asked;
    await stopping.close();
    await answered;
  });
});
