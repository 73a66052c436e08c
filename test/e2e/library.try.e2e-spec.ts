import { type TryAnswer } from '../../src/agents/try/try.dto';
import { startServer, temporaryFolder } from '../support/test-app';
import { withServer } from '../support/with-server';

const AGENT = {
  name: 'Guide',
  prompt: 'You guide.',
  model: 'llama3.2:3b',
  options: { temperature: 0.3, top_k: 5 },
};

interface SseMessage {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

describe('agents that are tried out', () => {
  const server = withServer();

  const ask = (path: string, body: unknown, signal?: AbortSignal, url = server.url) =>
    fetch(`${url}/api/agents${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
      signal,
    });
  const messagesOf = (text: string): SseMessage[] =>
    text
      .split('\n\n')
      .filter((part) => part.includes('event: '))
      .map((part) => ({
        event: /event: (.*)/.exec(part)?.[1] ?? '',
        data: JSON.parse(/data: (.*)/.exec(part)?.[1] ?? 'null') as Record<string, unknown>,
      }));

  it('answer in one piece, with what it cost', async () => {
    await server.simulator.script({ text: 'Take tram 28.', thinking: 'Hm.' });
    const { status, body } = await server.api.post<TryAnswer>('/api/agents/try', {
      agent: AGENT,
      message: 'Where to?',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      text: 'Take tram 28.',
      thinking: expect.any(String),
      parsed: null,
      format_error: null,
      tokens: { prompt: expect.any(Number), completion: expect.any(Number) },
      duration_ms: expect.any(Number),
      context: null,
    });
    expect(body.tokens.prompt).toBeGreaterThan(0);
    const [request] = await server.simulator.requests();
    expect(request?.body.messages).toEqual([
      { role: 'system', content: 'You guide.' },
      { role: 'user', content: 'Where to?' },
    ]);
    expect(request?.body.options).toMatchObject({ temperature: 0.3, top_k: 5 });
    expect(await server.api.list()).toEqual([]);
  });

  it('answer as events, with another model and other options than those that are saved', async () => {
    await server.api.post('/api/agents', { id: 'guide', ...AGENT, model: undefined });
    const tokens = Array.from({ length: 20 }, (_, stop) => ` Stop ${stop} is near.`);
    const said = tokens.join('').trim();
    await server.simulator.script({ tokens });
    await server.simulator.control('hold', { afterTokens: 10 });
    const answer = await ask('/guide/try', {
      message: 'Where to?',
      model: 'qwen3:8b',
      options: { top_k: 9 },
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    await server.simulator.waitFor('chats.started', 1);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      received += part.value;
      if (received.includes('delta')) {
        // The rest comes only after a part of it has arrived.
        await server.simulator.control('release');
      }
    }
    const messages = messagesOf(received);
    const text = messages
      .filter(({ event, data }) => event === 'delta' && data['channel'] === 'text')
      .map(({ data }) => data['text']);
    expect(text.length).toBeGreaterThan(1);
    expect(text.join('')).toBe(said);
    expect(messages.at(-1)).toMatchObject({ event: 'done', data: { text: said } });
    const [request] = await server.simulator.requests();
    expect(request?.body).toMatchObject({ model: 'qwen3:8b', options: { temperature: 0.3, top_k: 9 } });
  });

  it('say what went wrong, as a status or as an event', async () => {
    const unknown = { agent: { ...AGENT, model: 'nobody:1b' }, message: 'Hello' };
    expect(await server.api.post('/api/agents/try', unknown)).toMatchObject({
      status: 404,
      body: { code: 'MODEL_NOT_FOUND' },
    });
    const messages = messagesOf(await (await ask('/try', unknown)).text());
    expect(messages).toEqual([
      { event: 'error', data: { code: 'MODEL_NOT_FOUND', message: expect.stringContaining('nobody:1b') } },
    ]);
  });

  it('are stopped when the client leaves', async () => {
    await server.simulator.control('hold', { afterTokens: 2 });
    const leaving = new AbortController();
    const answer = await ask('/try', { agent: AGENT, message: 'Talk' }, leaving.signal);
    await answer.body?.getReader().read();
    await server.simulator.waitFor('chats.started', 1);
    leaving.abort();
    await server.simulator.waitFor('chats.cancelled', 1);
  });

  it('end with an event when the server stops', async () => {
    const folder = temporaryFolder();
    const program = await startServer(server.simulator.url, folder);
    await server.simulator.control('hold', { afterTokens: 2 });
    const answer = await ask('/try', { agent: AGENT, message: 'Talk' }, undefined, program.url);
    await server.simulator.waitFor('chats.started', 1);
    const [text] = await Promise.all([answer.text(), program.stop()]);
    expect(messagesOf(text).at(-1)).toMatchObject({ event: 'error', data: { code: 'INTERRUPTED' } });
  });

  it.each<[string, string, object, number, string]>([
    ['no message', '/try', { agent: AGENT }, 422, 'VALIDATION_FAILED'],
    ['a blank message', '/try', { agent: AGENT, message: ' ' }, 422, 'VALIDATION_FAILED'],
    ['no agent', '/try', { message: 'x' }, 422, 'VALIDATION_FAILED'],
    [
      'an agent without a model',
      '/try',
      { agent: { ...AGENT, model: '' }, message: 'x' },
      422,
      'VALIDATION_FAILED',
    ],
    ['a wrong name', '/try', { agent: { ...AGENT, name: 'a b' }, message: 'x' }, 400, 'INVALID_AGENT_NAME'],
    ['an unknown field', '/try', { agent: AGENT, message: 'x', modell: 'm' }, 422, 'VALIDATION_FAILED'],
    ['an unknown agent', '/nobody/try', { message: 'x' }, 404, 'AGENT_NOT_FOUND'],
  ])('refuse %s', async (_, path, body, status, code) => {
    expect(await server.api.post(`/api/agents${path}`, body)).toMatchObject({ status, body: { code } });
    const streamed = await ask(path, body);
    expect(streamed.status).toBe(status);
    expect(await streamed.json()).toMatchObject({ code });
  });
});
