import { isObject } from './input';
import { TestSimulator, chatBody, contentOf, startTestSimulator } from './test-simulator';

describe('answers of a model', () => {
  let sim: TestSimulator;

  beforeAll(async () => {
    sim = await startTestSimulator();
  });
  afterEach(() => sim.control('reset'));
  afterAll(() => sim.close());

  describe('chat', () => {
    it('streams one object per token and ends with the numbers', async () => {
      await sim.control('script', { replies: [{ text: 'Good <morning> & welcome.' }] });
      const { status, type, text, lines, last } = await sim.ask(
        '/api/chat',
        chatBody('hello', { model: 'LLAMA3.2:3b' }),
      );

      expect([status, type]).toEqual([200, 'application/x-ndjson']);
      expect(text.endsWith('}\n')).toBe(true);
      expect(text).toContain('\\u003c');
      expect(contentOf(lines)).toBe('Good <morning> & welcome.');
      expect(lines[0]).toEqual({
        model: 'LLAMA3.2:3b',
        created_at: expect.stringMatching(/Z$/),
        message: { role: 'assistant', content: 'Good' },
        done: false,
      });
      expect(last).toEqual({
        model: 'LLAMA3.2:3b',
        created_at: expect.any(String),
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: 'stop',
        total_duration: expect.any(Number),
        load_duration: expect.any(Number),
        prompt_eval_count: 6,
        prompt_eval_duration: expect.any(Number),
        eval_count: lines.length - 1,
        eval_duration: expect.any(Number),
      });
    });

    it('answers in one object without streaming', async () => {
      await sim.control('script', { replies: [{ text: 'All at once.' }] });
      const answer = await sim.ask('/api/chat', chatBody('hello', { stream: false }));

      expect(answer.type).toBe('application/json; charset=utf-8');
      expect(answer.text.endsWith('\n')).toBe(false);
      expect(answer.last).toMatchObject({ message: { content: 'All at once.' }, done: true, eval_count: 4 });
    });

    it('holds status and headers back until the first object', async () => {
      await sim.control('hold');
      let hasHeaders = false;
      const answer = sim.send('/api/chat', chatBody('hello')).then((response) => {
        hasHeaders = true;
        return response.text();
      });
      await sim.wait('heldChats', 'equals=1');
      expect(hasHeaders).toBe(false);
      await sim.control('release');
      expect(await answer).toContain('"done":true');
    });

    it('thinks first on a thinking model, unless it is told not to', async () => {
      const body = chatBody('Why is the sky blue?', { model: 'qwen3:8b' });
      const { lines } = await sim.ask('/api/chat', body);
      const quiet = await sim.ask('/api/chat', { ...body, think: false });
      const kinds = lines.slice(0, -1).map(({ message }) => Object.keys(message ?? {}).includes('thinking'));

      expect(contentOf(lines, 'thinking')).not.toBe('');
      expect(contentOf(lines)).not.toBe('');
      expect(kinds.lastIndexOf(true)).toBeLessThan(kinds.indexOf(false));
      expect(contentOf(quiet.lines, 'thinking')).toBe('');
    });

    it('sends tool calls whole, in the middle or in the last object', async () => {
      const toolCalls = [{ name: 'add', arguments: { a: 1 } }, { name: 'stop' }];
      await sim.control('script', { replies: [{ toolCalls }, { toolCalls, inFinalChunk: true }] });
      const tools = [{ type: 'function', function: { name: 'add' } }];
      const middle = await sim.ask('/api/chat', chatBody('hello', { tools }));
      const final = await sim.ask('/api/chat', chatBody('hello', { tools }));
      const expected = {
        tool_calls: [
          {
            id: expect.stringMatching(/^call_[0-9a-z]{8}$/),
            function: { index: 0, name: 'add', arguments: { a: 1 } },
          },
          { id: expect.any(String), function: { index: 1, name: 'stop', arguments: {} } },
        ],
      };

      expect(middle.lines).toHaveLength(2);
      expect(middle.lines[0]).toMatchObject({ message: expected, done: false });
      expect(middle.last['message']).toEqual({ role: 'assistant', content: '' });
      expect(final.lines).toHaveLength(1);
      expect(final.last).toMatchObject({ message: expected, done: true, done_reason: 'stop' });
    });

    it('calls one of its tools now and then when it makes an answer up, unless it is bound to a format', async () => {
      const parameters = { type: 'object', properties: { to: { enum: ['Bob'] } }, required: ['to'] };
      const tools = ['ask', 'tell'].map((name) => ({ type: 'function', function: { name, parameters } }));
      const calls: unknown[] = [];
      let alone = 0;
      for (let seed = 1; seed <= 60; seed += 1) {
        const body = chatBody('hello', { tools, options: { seed } });
        const { lines } = await sim.ask('/api/chat', body);
        const message = lines
          .map((line) => line['message'])
          .find((part) => isObject(part) && 'tool_calls' in part);
        calls.push(...(message === undefined ? [] : [message]));
        alone += message !== undefined && contentOf(lines) === '' ? 1 : 0;
        const bound = await sim.ask('/api/chat', { ...body, format: 'json' });
        expect(bound.text).not.toContain('tool_calls');
      }

      expect(calls.length).toBeGreaterThan(8);
      expect(calls.length).toBeLessThan(35);
      expect(alone).toBeGreaterThan(0);
      expect(alone).toBeLessThan(calls.length);
      expect(calls).toEqual(
        calls.map(() => ({
          role: 'assistant',
          content: '',
          tool_calls: [
            {
              id: expect.any(String),
              function: { index: 0, name: expect.stringMatching(/^(ask|tell)$/), arguments: { to: 'Bob' } },
            },
          ],
        })),
      );
    });

    it('ends at num_predict and before a stop sequence', async () => {
      await sim.control('script', { replies: [{ text: 'One two three.\nAda: four', times: 2 }] });
      const long = await sim.ask('/api/chat', chatBody('hello', { options: { num_predict: 2 } }));
      const stopped = await sim.ask('/api/chat', chatBody('hello', { options: { stop: ['\nAda:'] } }));

      expect(contentOf(long.lines)).toBe('One two');
      expect(long.last).toMatchObject({ done_reason: 'length', eval_count: 2 });
      expect(contentOf(stopped.lines)).toBe('One two three.');
      expect(stopped.last).toMatchObject({ done_reason: 'stop' });
    });

    it('drops the oldest messages silently when the window is full', async () => {
      const messages = [
        { role: 'system', content: 'Be kind.' },
        ...Array.from({ length: 20 }, (_, index) => ({ role: 'user', content: `${index} `.repeat(100) })),
      ];
      const body = { model: 'llama3.2:3b', messages, options: { num_ctx: 512 } };
      const { last } = await sim.ask('/api/chat', body);
      const refused = await sim.ask('/api/chat', { ...body, truncate: false });

      expect(last['prompt_eval_count']).toBeLessThanOrEqual(512);
      expect(last['prompt_eval_count']).toBeGreaterThan(256);
      expect(refused.status).toBe(400);
      expect(JSON.parse(String(refused.last['error']))).toMatchObject({
        error: { type: 'exceed_context_size_error' },
      });
    });

    it('answers with JSON that fits the schema', async () => {
      const format = { type: 'object', properties: { next: { enum: ['Ada', 'Bob'] } }, required: ['next'] };
      const { lines } = await sim.ask('/api/chat', chatBody('Who is next?', { format }));
      const anyJson = await sim.ask('/api/chat', chatBody('Who is next?', { format: 'json' }));

      expect(contentOf(lines)).toMatch(/^\{"next":"(Ada|Bob)"\}$/);
      expect(JSON.parse(contentOf(anyJson.lines))).toEqual(expect.any(Object));
    });
  });

  describe('generate', () => {
    it('streams response fields and ends with a context', async () => {
      const { lines, last } = await sim.ask('/api/generate', {
        model: 'llama2',
        prompt: 'Tell me about bridges.',
      });
      const whole = await sim.ask('/api/generate', {
        model: 'llama2',
        prompt: 'Tell me about bridges.',
        stream: false,
      });

      expect(lines[0]).toMatchObject({ model: 'llama2', response: expect.any(String), done: false });
      expect(last).toMatchObject({ response: '', done: true, context: expect.any(Array) });
      expect(whole.last['response']).toBe(lines.map(({ response }) => String(response)).join(''));
    });

    it('only loads the model where the prompt is empty', async () => {
      expect((await sim.ask('/api/generate', { model: 'llama2' })).last).toMatchObject({
        response: '',
        done: true,
        done_reason: 'load',
      });
    });
  });
});
