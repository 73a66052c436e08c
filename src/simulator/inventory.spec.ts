import { TestSimulator, chatBody, startTestSimulator } from './test-simulator';

describe('inventory and errors', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator();
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  describe('inventory', () => {
    it.each([
      ['/', 'Ollama is running'],
      ['/api/version', '{"version":"0.33.0"}'],
    ])('answers GET and HEAD %s', async (path, text) => {
      const got = await sim.ask(path);
      const head = await fetch(sim.url + path, { method: 'HEAD' });

      expect(got).toMatchObject({ status: 200, text });
      expect(head.status).toBe(200);
      expect(await head.text()).toBe('');
    });

    it('lists the installed models with capabilities and details', async () => {
      const { last } = await sim.ask('/api/tags');

      expect(last['models']).toContainEqual(
        expect.objectContaining({
          name: 'qwen3:8b',
          model: 'qwen3:8b',
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          modified_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$/),
          details: expect.objectContaining({ parameter_size: '8.2B', context_length: 40_960 }),
          capabilities: ['completion', 'tools', 'thinking'],
        }),
      );
      await sim.control('config', { models: [] });
      expect((await sim.ask('/api/tags')).text).toBe('{"models":[]}');
    });

    it('shows a model under any spelling of its name', async () => {
      const { last } = await sim.ask('/api/show', { name: 'LLAMA2' });

      expect(last).toMatchObject({
        capabilities: ['completion'],
        model_info: { 'llama.context_length': 4096 },
      });
      expect(last['parameters']).toBe('stop                           "<|end|>"');
    });

    it.each([
      [{ model: 'nobody' }, 404, "model 'nobody:latest' not found"],
      [{}, 400, 'model is required'],
      [{ model: 'a b' }, 400, 'invalid model name'],
    ])('refuses to show %j', async (body, status, error) => {
      expect(await sim.ask('/api/show', body)).toMatchObject({ status, last: { error } });
    });

    it('answers unknown paths, wrong methods and trailing slashes as Ollama does', async () => {
      const wrongMethod = await sim.send('/api/chat');
      const slash = await fetch(`${sim.url}/api/tags/`, { redirect: 'manual' });
      const doubled = await fetch(`${sim.url}//api/chat`, { method: 'POST', body: '{}', redirect: 'manual' });

      expect(await sim.ask('/api/nope')).toMatchObject({ status: 404, text: '404 page not found' });
      expect(wrongMethod.status).toBe(405);
      expect(wrongMethod.headers.get('allow')).toBe('POST');
      expect(await wrongMethod.text()).toBe('405 method not allowed');
      expect([slash.status, slash.headers.get('location')]).toEqual([301, '/api/tags']);
      expect(doubled.status).toBe(301);
    });
  });

  describe('errors before the first byte', () => {
    const hello = [{ role: 'user', content: 'hello' }];

    it.each([
      ['', 400, 'missing request body'],
      ['xyz', 400, "invalid character 'x' looking for beginning of value"],
      ['{"model":', 400, 'unexpected EOF'],
      ['{model}', 400, "invalid character 'm' looking for beginning of object key string"],
      [
        { model: 'gemma:2b', messages: 'hi' },
        400,
        'json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message',
      ],
      [{ messages: hello }, 400, 'model is required'],
      [{ model: 'a b', messages: hello }, 400, 'invalid model name'],
      [{ model: 'nobody', messages: hello }, 404, "model 'nobody' not found"],
      [
        { model: 'gemma:2b', messages: hello, tools: [{ type: 'function' }] },
        400,
        'registry.ollama.ai/library/gemma:2b does not support tools',
      ],
      [{ model: 'gemma:2b', messages: hello, think: true }, 400, '"gemma:2b" does not support thinking'],
      [
        { model: 'qwen3:8b', messages: hello, think: 'x' },
        400,
        'invalid think value: "x" (must be "high", "medium", "low", "max", true, or false)',
      ],
      [{ model: 'nomic-embed-text', messages: hello }, 400, '"nomic-embed-text" does not support chat'],
      [
        { model: 'gemma:2b', messages: hello, options: { num_ctx: '8k' } },
        500,
        'option "num_ctx" must be of type integer',
      ],
      [
        { model: 'gemma:2b', messages: hello, keep_alive: '300' },
        400,
        'time: missing unit in duration "300"',
      ],
      [{ model: 'gemma:2b', messages: hello, keep_alive: 'soon' }, 400, 'time: invalid duration "soon"'],
      [
        { model: 'gemma:2b', messages: hello, top_logprobs: 21 },
        400,
        'top_logprobs must be between 0 and 20',
      ],
      [
        { model: 'gemma:2b', messages: [{ role: 'user', images: ['data:image/png;base64,AA'] }] },
        400,
        'illegal base64 data at input byte 4',
      ],
      [
        { model: 'gemma:2b', messages: hello, format: 'xml' },
        500,
        'invalid format: "xml"; expected "json" or a valid JSON Schema object',
      ],
    ])('answers %j with %i', async (body, status, error) => {
      const answer = await sim.ask('/api/chat', body);

      expect(answer).toMatchObject({ status, type: 'application/json; charset=utf-8', last: { error } });
      expect(await sim.stat('activeChats')).toBe(0);
    });

    it('treats null as absent and ignores unknown fields', async () => {
      const answer = await sim.ask(
        '/api/chat',
        chatBody('hello', { format: null, think: null, anything: 1 }),
      );

      expect(answer.last).toMatchObject({ done: true, done_reason: 'stop' });
    });

    it('has other words for generate', async () => {
      expect((await sim.ask('/api/generate', {})).last).toEqual({ error: "model '' not found" });
      expect(await sim.ask('/api/generate', { model: 'gemma:2b', prompt: 'a', suffix: 'b' })).toMatchObject({
        status: 400,
        last: { error: expect.stringContaining('does not support insert') },
      });
    });
  });
});
