import { type SamplingOptions } from './sampling-options';
import { type ModelFacts } from './model-facts';
import { modelCall, ollamaParts } from './testing/ollama-parts';
import { ScriptedOllama } from './testing/scripted-ollama';

interface Sent {
  readonly [key: string]: unknown;
  readonly options: Readonly<Record<string, unknown>>;
}

describe('what is sent with a call', () => {
  let server: ScriptedOllama;

  beforeEach(async () => {
    server = await ScriptedOllama.start();
  });
  afterEach(() => server.close());

  async function sent(
    options: SamplingOptions,
    { facts, environment }: { facts?: Partial<ModelFacts>; environment?: Record<string, string> } = {},
  ): Promise<Sent> {
    server.details = {
      capabilities: facts?.canThink === false ? ['completion'] : ['completion', 'thinking'],
      model_info: { 'x.context_length': facts?.contextLength ?? 32_768 },
    };
    const { caller } = ollamaParts(server.url, environment);
    const call = caller.call(modelCall({ options, stop: () => ['\nBob:'], format: { type: 'object' } }), []);
    const exchange = await server.next();
    exchange.done();
    await call;
    expect(exchange.request.headers).toMatchObject({ authorization: 'Bearer ollama' });
    expect(exchange.request.headers).not.toHaveProperty('origin');
    return exchange.body as Sent;
  }

  it('always has window, length, keep-alive and temperature, and leaves the rest to the model', async () => {
    expect(await sent({})).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      format: { type: 'object' },
      keep_alive: '10m',
      options: { temperature: 0.7, num_ctx: 8_192, num_predict: 2_048, stop: ['\nBob:'] },
    });
  });

  it('has the options of the agent', async () => {
    const options = {
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      min_p: 0.05,
      repeat_penalty: 1.2,
      seed: 0,
      num_predict: 7,
      num_ctx: 4_096,
    };
    const body = await sent({ ...options, think: 'max', keep_alive: 60 });

    expect(body.options).toEqual({ ...options, stop: ['\nBob:'] });
    expect(body).toMatchObject({ think: 'max', keep_alive: 60 });
  });

  it('has the settings where the agent has none', async () => {
    const environment = {
      DEFAULT_TEMPERATURE: '1.5',
      DEFAULT_TOP_P: '0.5',
      DEFAULT_TOP_K: '3',
      DEFAULT_MIN_P: '0',
      DEFAULT_REPEAT_PENALTY: '1.1',
      DEFAULT_NUM_CTX: '1024',
      DEFAULT_NUM_PREDICT: '64',
      DEFAULT_THINK: 'false',
      DEFAULT_KEEP_ALIVE: '-1',
    };
    const body = await sent({ top_k: 5 }, { environment });

    expect(body.options).toMatchObject({
      temperature: 1.5,
      top_p: 0.5,
      top_k: 5,
      min_p: 0,
      repeat_penalty: 1.1,
      num_ctx: 1_024,
      num_predict: 64,
    });
    expect(body).toMatchObject({ think: false, keep_alive: -1 });
  });

  it.each<[string | number, string | number]>([
    ['300', 300],
    [' -1 ', -1],
    ['0', 0],
    ['10m', '10m'],
    ['1h30m', '1h30m'],
    ['-1m', '-1m'],
    [90, 90],
  ])('sends keep_alive %j as %j: seconds as text are refused', async (given, expected) => {
    expect((await sent({ keep_alive: given }))['keep_alive']).toBe(expected);
  });

  it.each<[SamplingOptions['think'], boolean, SamplingOptions['think']]>([
    [true, true, true],
    [false, true, false],
    ['low', true, 'low'],
    [undefined, true, undefined],
    [true, false, undefined],
    [false, false, undefined],
    ['high', false, undefined],
  ])('sends think %j to a model that can think (%j) as %j', async (think, canThink, expected) => {
    const body = await sent(think === undefined ? {} : { think }, { facts: { canThink } });

    expect(body['think']).toBe(expected);
  });

  it.each(['true', 'false', 'low', 'medium', 'high', 'max'])('knows DEFAULT_THINK=%s', async (value) => {
    const body = await sent({}, { environment: { DEFAULT_THINK: value } });

    expect(String(body['think'])).toBe(value);
    expect(typeof body['think']).toBe(['true', 'false'].includes(value) ? 'boolean' : 'string');
  });

  it('asks for no longer context than the model has', async () => {
    const body = await sent({ num_ctx: 100_000 }, { facts: { contextLength: 2_048 } });

    expect(body.options['num_ctx']).toBe(2_048);
  });
});
