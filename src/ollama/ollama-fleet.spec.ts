import { ModelCallError } from './model-call-error';
import { type InstalledModel, type LoadedModel } from './ollama.client';
import { failureOf } from './testing/failure-of';
import { fleetOf } from './testing/fleet-of';

const GPU_1 = 'http://gpu-1';
const GPU_2 = 'http://gpu-2';
const GPU_3 = 'http://gpu-3';

/** A server in memory, which can be away or hang. */
class FakeClient {
  /** What was asked for that changes something. */
  readonly work: string[] = [];
  loaded: LoadedModel[] = [];
  failure: Error | null = null;
  isHanging = false;

  constructor(
    private readonly installed: InstalledModel[] = [],
    private readonly versionText = '0.33.0',
  ) {}

  version = () => this.answer(this.versionText);
  installedModels = () => this.answer(this.installed);
  loadedModels = () => this.answer(this.loaded);
  delete = (model: string) => this.answer(this.work.push(`delete ${model}`));
  unload = (model: string) => this.answer(this.work.push(`unload ${model}`));
  pull = (model: string) => this.answer(this.work.push(`pull ${model}`));

  show(model: string): Promise<{ parameters: string }> {
    return this.installed.some(({ name }) => name === model)
      ? this.answer({ parameters: this.versionText })
      : Promise.reject(new ModelCallError('MODEL_NOT_FOUND', `${model} is not there`));
  }

  private answer<T>(value: T): Promise<T> {
    if (this.isHanging) {
      return new Promise(() => undefined);
    }
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(value);
  }
}

function away(name = 'first'): FakeClient {
  const client = new FakeClient();
  client.failure = new ModelCallError('OLLAMA_UNREACHABLE', `${name} is away`);
  return client;
}

const model = (name: string, more: Partial<InstalledModel> = {}): InstalledModel => ({ name, ...more });

describe('OllamaFleet', () => {
  describe('lists installed models', () => {
    it('of all servers, each once in whatever spelling, as the first one tells of it', async () => {
      const fleet = fleetOf(
        new FakeClient([model('a:latest', { size: 1 }), model('b:1b')]),
        new FakeClient([model('B:1B'), model('c:latest')]),
        new FakeClient([model('A', { size: 3 })]),
      );
      expect(await fleet.installedModels()).toEqual([
        { name: 'a:latest', size: 1, servers: [GPU_1, GPU_3] },
        { name: 'b:1b', servers: [GPU_1, GPU_2] },
        { name: 'c:latest', servers: [GPU_2] },
      ]);
    });

    it('newest first', async () => {
      const fleet = fleetOf(
        new FakeClient([
          model('new', { modified_at: '2026-05-02T11:03:21.48+02:00' }),
          model('old', { modified_at: '2026-01-01T00:00:00Z' }),
        ]),
        new FakeClient([model('newest', { modified_at: '2026-05-02T09:03:22Z' }), model('unknown')]),
      );
      expect((await fleet.installedModels()).map(({ name }) => name)).toEqual([
        'newest',
        'new',
        'old',
        'unknown',
      ]);
    });

    it('of the only server in its own order', async () => {
      const fleet = fleetOf(
        new FakeClient([model('old', { modified_at: '2020-01-01T00:00:00Z' }), model('unknown')]),
      );
      expect((await fleet.installedModels()).map(({ name }) => name)).toEqual(['old', 'unknown']);
    });

    it('of the servers that answer, as long as one does', async () => {
      const fleet = fleetOf(away(), new FakeClient([model('a')]), away());
      expect(await fleet.installedModels()).toEqual([{ name: 'a', servers: [GPU_2] }]);
      expect(await failureOf(fleetOf(away('first'), away('second')).installedModels())).toMatchObject({
        code: 'OLLAMA_UNREACHABLE',
        message: 'first is away',
      });
    });

    it('of one server when it is named, although others answer', async () => {
      const fleet = fleetOf(new FakeClient([model('a')]), away('second'));
      expect(await fleet.installedModels(GPU_1)).toEqual([{ name: 'a', servers: [GPU_1] }]);
      expect(await failureOf(fleet.installedModels(GPU_2))).toMatchObject({ message: 'second is away' });
    });
  });

  it('finds a model in whatever spelling, and tells where it is', async () => {
    const fleet = fleetOf(new FakeClient([model('a:latest')]), new FakeClient([model('b:latest')]));
    expect(await fleet.findInstalled('B')).toEqual({ name: 'b:latest', servers: [GPU_2] });
    expect(await fleet.findInstalled('B', GPU_1)).toBeNull();
    expect(await fleet.findInstalled('c')).toBeNull();
  });

  describe('shows a model', () => {
    it('from a server that has it, though another one hangs', async () => {
      const hanging = new FakeClient([model('a')]);
      hanging.isHanging = true;
      const fleet = fleetOf(hanging, new FakeClient(), new FakeClient([model('a')], '3'));
      expect(await fleet.show('a')).toEqual({ parameters: '3' });
    });

    it('MODEL_NOT_FOUND when no server that answers has it', async () => {
      const unreachable = new FakeClient([model('a')]);
      unreachable.failure = new ModelCallError('OLLAMA_UNREACHABLE', 'away');
      expect(await failureOf(fleetOf(unreachable, new FakeClient()).show('a'))).toMatchObject({
        code: 'MODEL_NOT_FOUND',
      });
      expect(await failureOf(fleetOf(unreachable).show('a'))).toMatchObject({ code: 'OLLAMA_UNREACHABLE' });
    });
  });

  it('has the version of a server that answers', async () => {
    const hanging = new FakeClient();
    hanging.isHanging = true;
    expect(await fleetOf(hanging, away(), new FakeClient([], '0.34.0')).version()).toBe('0.34.0');
    expect(await failureOf(fleetOf(away('first'), away('second')).version())).toMatchObject({
      message: 'first is away',
    });
    expect(await failureOf(fleetOf(new FakeClient(), away('second')).version(5, GPU_2))).toMatchObject({
      message: 'second is away',
    });
  });

  it('tells which server has what in memory', async () => {
    const first = new FakeClient();
    const second = new FakeClient();
    first.loaded = [model('a')];
    second.loaded = [model('a'), model('b')];
    expect(await fleetOf(first, away(), second).loadedModels()).toEqual([
      { name: 'a', server: GPU_1 },
      { name: 'a', server: GPU_3 },
      { name: 'b', server: GPU_3 },
    ]);
  });

  it('tells how each server is doing, and all together', async () => {
    const up = new FakeClient([], '0.34.0');
    up.loaded = [model('b'), model('a')];
    const loaded = ['a', 'b'].map((name) => ({
      name,
      size: null,
      size_vram: null,
      expires_at: null,
      context_length: null,
    }));
    expect(await fleetOf(away(), up).status()).toEqual({
      reachable: true,
      version: '0.34.0',
      loaded_models: loaded,
      error_code: null,
      servers: [
        {
          address: GPU_1,
          reachable: false,
          version: null,
          loaded_models: [],
          error_code: 'OLLAMA_UNREACHABLE',
        },
        { address: GPU_2, reachable: true, version: '0.34.0', loaded_models: loaded, error_code: null },
      ],
    });
    expect(await fleetOf(away(), away()).status()).toMatchObject({
      reachable: false,
      error_code: 'OLLAMA_UNREACHABLE',
    });
    expect(await fleetOf(up).status()).not.toHaveProperty('servers');
  });

  it('describes each server with the models on its disk', async () => {
    expect(await fleetOf(new FakeClient([model('b'), model('a')]), away()).describe()).toMatchObject([
      { address: GPU_1, reachable: true, error_code: null, model_count: 2, models: ['b', 'a'] },
      { address: GPU_2, reachable: false, error_code: 'OLLAMA_UNREACHABLE', model_count: 0, models: [] },
    ]);
  });

  it('says why the models of a server are not known', async () => {
    const client = new FakeClient();
    client.installedModels = () => Promise.reject(new ModelCallError('BAD_STREAM', 'no list'));
    expect(await fleetOf(client).describe()).toMatchObject([
      { reachable: true, error_code: 'BAD_STREAM', model_count: 0, models: [] },
    ]);
  });

  it('pulls, deletes and unloads on the named server only', async () => {
    const clients = [new FakeClient(), new FakeClient()];
    const fleet = fleetOf(...clients);
    await fleet.pull('a', GPU_2, { signal: AbortSignal.abort(), onLine: () => undefined, connectMs: 1 });
    await fleet.unload('a', GPU_2);
    await fleet.delete('a', GPU_2);
    expect(clients.map(({ work }) => work)).toEqual([[], ['pull a', 'unload a', 'delete a']]);
  });

  it('UNKNOWN_SERVER: an address that was stored is not among the servers any more', async () => {
    expect(await failureOf(fleetOf(new FakeClient()).delete('a', GPU_2))).toMatchObject({
      code: 'UNKNOWN_SERVER',
      message: expect.stringContaining(GPU_2),
    });
  });

  it('knows which addresses a choice means', () => {
    const fleet = fleetOf(new FakeClient(), new FakeClient());
    expect(fleet.addressesOf('all')).toEqual([GPU_1, GPU_2]);
    expect(fleet.addressesOf(GPU_2)).toEqual([GPU_2]);
    expect([fleet.hasSeveral, fleetOf(new FakeClient()).hasSeveral]).toEqual([true, false]);
  });
});
