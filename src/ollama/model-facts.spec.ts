import { type ModelFacts, ModelFactsReader } from './model-facts';
import { ollamaParts } from './testing/ollama-parts';
import { ScriptedOllama } from './testing/scripted-ollama';

const UNKNOWN: ModelFacts = {
  digest: null,
  contextLength: null,
  canThink: null,
  canUseTools: null,
  stops: [],
};

describe('ModelFactsReader', () => {
  let server: ScriptedOllama;
  let facts: ModelFactsReader;

  beforeEach(async () => {
    server = await ScriptedOllama.start();
    ({ facts } = ollamaParts(server.url));
  });
  afterEach(() => server.close());

  it('reads digest, context, capabilities and stop sequences', async () => {
    server.models = [
      { name: 'other:latest', digest: 'no' },
      { name: 'Tiny:latest', digest: 'abc' },
    ];
    server.details = {
      capabilities: ['completion', 'thinking', 'tools'],
      parameters:
        'num_ctx                        4096\nstop                           "<|im_end|>"\nstop    "a \\"b\\""',
      model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 40_960 },
    };

    expect(await facts.read('tiny')).toEqual({
      digest: 'abc',
      contextLength: 40_960,
      canThink: true,
      canUseTools: true,
      stops: ['<|im_end|>', 'a "b"'],
    });
  });

  it.each<[string, Record<string, unknown>, Partial<ModelFacts>]>([
    ['no details at all (an old Ollama)', {}, { canThink: null, contextLength: null, stops: [] }],
    ['a model without abilities', { capabilities: ['completion'] }, { canThink: false, canUseTools: false }],
    ['nulls', { capabilities: null, parameters: null, model_info: null }, UNKNOWN],
    ['a context that is no number', { model_info: { 'x.context_length': '4096' } }, { contextLength: null }],
    ['a context of zero', { model_info: { 'x.context_length': 0 } }, { contextLength: null }],
    ['a stop without quotes', { parameters: 'stop  User:' }, { stops: ['User:'] }],
    ['a stop that looks like a number', { parameters: 'stop  42' }, { stops: ['42'] }],
    ['parameters that only contain the word', { parameters: 'nostop "x"\nstopper "y"' }, { stops: [] }],
  ])('understands %s', async (_case, details, expected) => {
    server.details = details;
    server.models = [];

    expect(await facts.read('tiny')).toMatchObject(expected);
  });

  it.each([
    ['tiny', 'tiny:latest', 'abc'],
    ['tiny:1b', 'tiny:1b', 'abc'],
    ['TINY:1B', 'tiny:1b', 'abc'],
    ['localhost:5000/acme/tiny', 'localhost:5000/acme/tiny:latest', 'abc'],
    ['tiny', 'tiny:1b', null],
  ])('finds the digest of %s in a list with %s: %s', async (model, name, digest) => {
    server.models = [{ name, digest: 'abc' }];

    expect((await facts.read(model)).digest).toBe(digest);
  });

  it('asks once for calls side by side and after each other', async () => {
    const reads = await Promise.all([facts.read('tiny'), facts.read('tiny')]);
    reads.push(await facts.read('tiny'));

    expect(new Set(reads).size).toBe(1);
    expect(server.seen.toSorted()).toEqual(['GET /api/tags', 'POST /api/show']);
  });

  it('asks again after a while: the model may have been pulled anew', async () => {
    const now = jest.spyOn(performance, 'now');
    try {
      now.mockReturnValue(0);
      await facts.read('tiny');
      server.models = [{ name: 'tiny:latest', digest: 'new' }];
      now.mockReturnValue(59_000);
      expect((await facts.read('tiny')).digest).toBe('abc');
      now.mockReturnValue(61_000);
      expect((await facts.read('tiny')).digest).toBe('new');
    } finally {
      now.mockRestore();
    }
  });

  it('is no failure when Ollama cannot say, and asks again the next time', async () => {
    const { url } = server;
    await server.close();
    expect(await facts.read('tiny')).toEqual(UNKNOWN);

    server = await ScriptedOllama.start(Number(new URL(url).port));
    expect(await facts.read('tiny')).toMatchObject({ digest: 'abc', canThink: false });
  });

  it('lets one go who does not want to wait any more, and the others have their answer', async () => {
    server.holdDetails();
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const leaving = facts.read('tiny', abort.signal);
    const staying = facts.read('tiny');
    abort.abort(reason);

    await expect(leaving).rejects.toBe(reason);
    server.releaseDetails();
    await expect(staying).resolves.toMatchObject({ digest: 'abc' });
  });
});
