import { ModelCallError } from './model-call-error';
import { type OllamaServerStatus } from './ollama.dto';
import { isSameStatus, type OllamaStatus, readStatus } from './ollama-status';
import { type OllamaClient } from './ollama.client';

const AT = Date.parse('2026-05-02T09:15:00.000Z');
const time = (seconds: number) => new Date(AT + seconds * 1000).toISOString();

const MODEL = { name: 'a:latest', size: 100, size_vram: 100, expires_at: time(0), context_length: 4096 };
const STATUS: OllamaStatus = { reachable: true, version: '0.33.0', loaded_models: [MODEL], error_code: null };

const withModel = (changes: Partial<typeof MODEL>): OllamaStatus => ({
  ...STATUS,
  loaded_models: [{ ...MODEL, ...changes }],
});

const server = (changes: Partial<OllamaServerStatus> = {}): OllamaServerStatus => ({
  address: 'http://gpu-1',
  ...STATUS,
  ...changes,
});

/** A client that answers with these values; an Error is a failure. */
function clientOf(version: unknown, loaded: unknown): OllamaClient {
  const answer = (value: unknown) =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  return { version: () => answer(version), loadedModels: () => answer(loaded) } as unknown as OllamaClient;
}

describe(isSameStatus.name, () => {
  it.each([
    ['the same again', { ...STATUS }],
    ['an expiry that moved on by less than ten seconds', withModel({ expires_at: time(9.9) })],
    ['an expiry that moved back by less than ten seconds', withModel({ expires_at: time(-9.9) })],
  ])('holds for %s', (_what, other) => {
    expect(isSameStatus(STATUS, other)).toBe(true);
  });

  it.each<[string, OllamaStatus]>([
    ['Ollama went away', { ...STATUS, reachable: false }],
    ['another version', { ...STATUS, version: '0.34.0' }],
    ['another error', { ...STATUS, error_code: 'OLLAMA_UNREACHABLE' }],
    ['a model that was unloaded', { ...STATUS, loaded_models: [] }],
    ['a model that was loaded', { ...STATUS, loaded_models: [MODEL, { ...MODEL, name: 'b:latest' }] }],
    ['another model', withModel({ name: 'b:latest' })],
    ['another size', withModel({ size: 101 })],
    ['another share of graphics memory', withModel({ size_vram: 50 })],
    ['another context', withModel({ context_length: 8192 })],
    ['an expiry that moved by ten seconds', withModel({ expires_at: time(10) })],
    ['an expiry that is not known any more', { ...STATUS, loaded_models: [{ ...MODEL, expires_at: null }] }],
  ])('does not hold for %s', (_what, other) => {
    expect(isSameStatus(STATUS, other)).toBe(false);
    expect(isSameStatus(other, STATUS)).toBe(false);
  });
});

describe('isSameStatus with several servers', () => {
  const withServers = (...servers: OllamaServerStatus[]): OllamaStatus => ({ ...STATUS, servers });
  const both = withServers(server(), server());

  it('holds when each is as it was', () => {
    expect(isSameStatus(both, withServers(server(), server()))).toBe(true);
  });

  it.each<[string, OllamaServerStatus]>([
    ['one that went away', server({ reachable: false })],
    ['a model that one unloaded', server({ loaded_models: [] })],
    ['another error of one', server({ error_code: 'OLLAMA_ERROR' })],
  ])('does not hold for %s', (_what, changed) => {
    expect(isSameStatus(both, withServers(server(), changed))).toBe(false);
    expect(isSameStatus(withServers(changed, server()), both)).toBe(false);
  });
});

describe(readStatus.name, () => {
  it('sorts the models by name and gives times in UTC', async () => {
    const loaded = [
      { name: 'b:latest', size: 1, size_vram: 0, expires_at: '2026-05-02T11:15:02.123456789+02:00' },
      { name: 'a:latest', expires_at: '2318-08-11T00:00:00Z', context_length: 4096 },
      { name: 'c:latest', expires_at: 'soon' },
    ];
    expect(await readStatus(clientOf('0.33.0', loaded))).toEqual({
      reachable: true,
      version: '0.33.0',
      error_code: null,
      loaded_models: [
        {
          name: 'a:latest',
          size: null,
          size_vram: null,
          expires_at: '2318-08-11T00:00:00.000Z',
          context_length: 4096,
        },
        {
          name: 'b:latest',
          size: 1,
          size_vram: 0,
          expires_at: '2026-05-02T09:15:02.123Z',
          context_length: null,
        },
        { name: 'c:latest', size: null, size_vram: null, expires_at: null, context_length: null },
      ],
    });
  });

  it('tells that Ollama is away, and why', async () => {
    const away = new ModelCallError('OLLAMA_UNREACHABLE', 'away');
    expect(await readStatus(clientOf(away, away))).toEqual({
      reachable: false,
      version: null,
      loaded_models: [],
      error_code: 'OLLAMA_UNREACHABLE',
    });
  });

  it.each([
    ['fails', new ModelCallError('OLLAMA_ERROR', 'failed'), 'OLLAMA_ERROR'],
    ['is no list', 'models', 'BAD_STREAM'],
    ['holds something else than models', [null], 'BAD_STREAM'],
    ['holds models without names', [{ size: 1 }, { size: 2 }], 'BAD_STREAM'],
  ])('is reachable although the list of loaded models %s', async (_what, loaded, code) => {
    expect(await readStatus(clientOf('0.33.0', loaded))).toEqual({
      reachable: true,
      version: '0.33.0',
      loaded_models: [],
      error_code: code,
    });
  });
});
