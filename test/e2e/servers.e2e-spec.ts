import { type InstalledModelList, type LoadedModelList } from '../../src/models/dto/model.dto';
import { type OllamaServerList } from '../../src/ollama/ollama.dto';
import { type OllamaStatus } from '../../src/ollama/ollama-status';
import { anAgent, anExperiment } from '../support/factories';
import { startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp } from '../support/test-app';
import { loadOn, modelsOn, withServers } from '../support/with-servers';

const NOBODY = 'http://127.0.0.1:9';

describe('several Ollama servers', () => {
  const server = withServers({ OLLAMA_STATUS_INTERVAL_SECONDS: '0.05' });

  const addresses = () => server.simulators.map(({ url }) => url);
  /** Gives the servers these models, in their order. */
  const install = (...lists: string[][]) =>
    Promise.all(lists.map((models, index) => server.simulators[index]?.control('config', { models })));
  const listed = async () => (await server.api.get<InstalledModelList>('/api/models/list')).body.models;
  /** A server of ours with one Ollama server that is there and one that is away. */
  const startHalf = async () => {
    const [first] = server.simulators;
    return startApp('', { OLLAMA_URLS: `${NOBODY},${first.url}` });
  };

  it('lists each model once, with the servers that have it', async () => {
    const [first, second, third] = addresses();
    await install(['a:1b', 'shared:7b'], ['b:1b', 'Shared:7B'], ['shared:7b']);
    const models = await listed();
    expect(Object.fromEntries(models.map(({ name, servers }) => [name, servers]))).toEqual({
      'a:1b': [first],
      'b:1b': [second],
      'shared:7b': [first, second, third],
    });
  });

  it('knows the models of all servers: shows them, marks them in the catalog, checks requests by them', async () => {
    const [, second] = addresses();
    await install(['a:1b'], ['gemma3:4b'], ['a:1b']);
    expect(await server.api.get('/api/models/show/gemma3:4b')).toMatchObject({
      status: 200,
      body: { name: 'gemma3:4b', servers: [second], context_length: expect.any(Number) },
    });
    const { body: catalog } = await server.api.get<{ models: { tag: string; installed: boolean }[] }>(
      '/api/models/catalog',
    );
    expect(catalog.models.find(({ tag }) => tag === 'gemma3:4b')?.installed).toBe(true);
    for (const [model, valid] of [
      ['gemma3:4b', true],
      ['nowhere:1b', false],
    ] as const) {
      const request = anExperiment({ agents: [anAgent('Solo', { model })] });
      expect((await server.api.post('/api/experiments/validate', request)).body).toMatchObject({ valid });
    }
  });

  it('tells what each server has loaded, and unloads a model everywhere', async () => {
    const [first, second, third] = server.simulators;
    await loadOn(first, 'llama3.2:3b');
    await loadOn(third, 'llama3.2:3b');
    const { body } = await server.api.get<LoadedModelList>('/api/models/ps');
    expect(body.models.map(({ name, server: address }) => [name, address])).toEqual([
      ['llama3.2:3b', first.url],
      ['llama3.2:3b', third.url],
    ]);
    expect((await server.api.post('/api/models/unload/llama3.2:3b', undefined)).status).toBe(200);
    for (const simulator of [first, second, third]) {
      await simulator.waitUntil('loadedModels', 0);
    }
  });

  describe('with one that is away', () => {
    it('go on with the others', async () => {
      const app = await startHalf();
      const [first] = addresses();
      for (const path of ['list', 'ps', 'version', 'show/llama3.2:3b']) {
        expect([path, (await app.api.get(`/api/models/${path}`)).status]).toEqual([path, 200]);
      }
      expect((await app.api.get('/health/ready')).body).toMatchObject({
        status: 'ready',
        ollama: 'up',
        ollama_version: '0.33.0',
        servers: [
          { address: NOBODY, reachable: false, version: null, error_code: 'OLLAMA_UNREACHABLE' },
          { address: first, reachable: true, version: '0.33.0', error_code: null },
        ],
      });
      await app.close();
    });

    it('are each described by GET /api/ollama/servers', async () => {
      const app = await startHalf();
      const [first] = server.simulators;
      await loadOn(first, 'llama3.2:3b');
      const { status, body } = await app.api.get<OllamaServerList>('/api/ollama/servers');
      const installed = await modelsOn(first);
      expect(status).toBe(200);
      expect(body.servers).toEqual([
        {
          address: NOBODY,
          reachable: false,
          version: null,
          error_code: 'OLLAMA_UNREACHABLE',
          model_count: 0,
          models: [],
          loaded_models: [],
        },
        {
          address: first.url,
          reachable: true,
          version: '0.33.0',
          error_code: null,
          model_count: installed.length,
          models: installed,
          loaded_models: [
            expect.objectContaining({ name: 'llama3.2:3b', context_length: expect.any(Number) }),
          ],
        },
      ]);
      await app.close();
    });

    it('fail only when none is left', async () => {
      const app = await startApp('', { OLLAMA_URLS: `${NOBODY},http://127.0.0.1:7` });
      expect(await app.api.get('/api/models/list')).toMatchObject({
        status: 503,
        body: { code: 'OLLAMA_UNREACHABLE', detail: expect.stringContaining(NOBODY) },
      });
      expect((await app.api.get('/health/ready')).body).toMatchObject({ status: 'degraded', ollama: 'away' });
      expect((await app.api.get<OllamaServerList>('/api/ollama/servers')).body.servers).toHaveLength(2);
      await app.close();
    });
  });

  it('that hang are not waited for where one answer is enough', async () => {
    const [first] = server.simulators;
    for (const path of ['/api/version', '/api/show']) {
      await first.faults({ fault: 'stall_before_first', match: { path }, times: 'forever' });
    }
    expect((await server.api.get('/api/models/version')).body).toEqual({ version: '0.33.0' });
    expect((await server.api.get('/api/models/show/llama3.2:3b')).status).toBe(200);
    // The check of health waits a second, no more, and the server that hangs is away for it.
    expect((await server.api.get('/health/ready')).body).toMatchObject({
      status: 'ready',
      servers: [{ reachable: false }, { reachable: true }, { reachable: true }],
    });
  });

  it('are watched each for itself', async () => {
    const leaving = await startSimulator();
    const [, second] = server.simulators;
    const app = await startApp('', {
      OLLAMA_URLS: `${leaving.url},${second.url}`,
      OLLAMA_STATUS_INTERVAL_SECONDS: '0.05',
    });
    const watcher = await SocketWatcher.connect(app.url, {}, '/ollama');
    const up = { reachable: true, version: '0.33.0', loaded_models: [], error_code: null };
    expect(await watcher.emit('subscribe', {})).toEqual({
      ...up,
      servers: [
        { address: leaving.url, ...up },
        { address: second.url, ...up },
      ],
    });
    await loadOn(second, 'llama3.2:3b');
    const loaded = await watcher.waitFor(
      'ollama.status',
      (status) => (status as unknown as OllamaStatus).loaded_models.length === 1,
    );
    expect(loaded.payload).toMatchObject({
      servers: [{ loaded_models: [] }, { loaded_models: [{ name: 'llama3.2:3b' }] }],
    });
    await leaving.stop();
    const left = await watcher.waitFor(
      'ollama.status',
      (status) => (status as unknown as OllamaStatus).servers?.[0]?.reachable === false,
    );
    expect(left.payload).toMatchObject({
      reachable: true,
      error_code: null,
      servers: [{ error_code: 'OLLAMA_UNREACHABLE' }, { reachable: true }],
    });
    watcher.close();
    await app.close();
  });

  describe('delete a model', () => {
    beforeEach(() => install(['keep:1b', 'shared:7b'], ['shared:7b'], ['keep:1b', 'other:1b']));

    it('from all that have it', async () => {
      const [first, second, third] = server.simulators;
      const watcher = await SocketWatcher.connect(server.url, {}, '/models');
      await watcher.emit('subscribe', {});
      const answer = await server.api.delete<{ message: string }>('/api/models/delete/shared:7b');
      expect(answer).toMatchObject({ status: 200, body: { success: true } });
      expect(answer.body.message).toContain(`${first.url}, ${second.url}`);
      expect(await Promise.all([first, second, third].map(modelsOn))).toEqual([
        ['keep:1b'],
        [],
        ['keep:1b', 'other:1b'],
      ]);
      for (const { url } of [first, second]) {
        await watcher.waitFor(
          'model.deleted',
          ({ name, server: address }) => name === 'shared:7b' && address === url,
        );
      }
      expect(await server.api.delete('/api/models/delete/shared:7b?server=all')).toMatchObject({
        status: 404,
        body: { code: 'MODEL_NOT_FOUND' },
      });
      watcher.close();
    });

    it('from the one that is named', async () => {
      const [first, second, third] = server.simulators;
      const path = '/api/models/delete/shared:7b';
      expect(await server.api.delete(`${path}?server=${third.url}`)).toMatchObject({
        status: 404,
        body: { code: 'MODEL_NOT_FOUND' },
      });
      expect((await server.api.delete(`${path}?server=${encodeURIComponent(second.url)}/`)).status).toBe(200);
      expect(await modelsOn(second)).toEqual([]);
      expect(await modelsOn(first)).toContain('shared:7b');
    });

    it('from the others although one fails, whose fault is told', async () => {
      const [first, second] = server.simulators;
      await first.faults({ fault: 'http_error', status: 500, text: 'no', match: { path: '/api/delete' } });
      expect(await server.api.delete('/api/models/delete/shared:7b')).toMatchObject({
        status: 500,
        body: { code: 'OLLAMA_ERROR' },
      });
      expect(await modelsOn(second)).toEqual([]);
      expect((await listed()).find(({ name }) => name === 'shared:7b')?.servers).toEqual([first.url]);
    });
  });

  describe('UNKNOWN_SERVER', () => {
    it.each(['http://127.0.0.1:9', 'nobody:1', 'gpu-1', 'every'])(
      '%s: the answer names those that there are',
      async (name) => {
        const answers = [
          ['body', await server.pulls.post('m', name)] as const,
          ['query', await server.api.delete(`/api/models/delete/m?server=${name}`)] as const,
        ];
        for (const [place, answer] of answers) {
          expect(answer).toMatchObject({
            status: 422,
            body: { code: 'UNKNOWN_SERVER', detail: [{ type: 'value_error', loc: [place, 'server'] }] },
          });
          for (const address of ['all', ...addresses()]) {
            expect(JSON.stringify(answer.body)).toContain(address);
          }
        }
      },
    );

    it.each([5, ['all'], {}, '', ' ', 'x'.repeat(3_000)])('what is no name at all: %j', async (name) => {
      expect(await server.pulls.post('m', name)).toMatchObject({
        status: 422,
        body: { code: 'VALIDATION_FAILED', detail: [{ loc: ['body', 'server'] }] },
      });
    });
  });
});
