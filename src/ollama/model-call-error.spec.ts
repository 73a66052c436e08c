import {
  errorFromLine,
  errorFromSocket,
  errorFromStatus,
  mayRetryRequest,
  mayRetryTurn,
  ModelCallError,
} from './model-call-error';
import { ERROR_CODES, type ModelCallCode } from '../common/errors/error-codes';

const json = (error: unknown) => JSON.stringify({ error });
const NESTED_OVERFLOW = json(
  JSON.stringify({
    error: {
      code: 400,
      message: 'request (42947 tokens) exceeds the available context size (8192 tokens), try increasing it',
      type: 'exceed_context_size_error',
      n_prompt_tokens: 42_947,
      n_ctx: 8_192,
    },
  }),
);

describe('errorFromStatus', () => {
  it.each<[number, string, ModelCallCode]>([
    [400, json('missing request body'), 'OLLAMA_REJECTED'],
    [400, json('model is required'), 'OLLAMA_REJECTED'],
    [400, json('invalid model name'), 'OLLAMA_REJECTED'],
    [400, json('registry.ollama.ai/library/gemma:2b does not support tools'), 'OLLAMA_REJECTED'],
    [400, json('"gemma:2b" does not support thinking'), 'OLLAMA_REJECTED'],
    [400, json('"nomic-embed-text" does not support chat'), 'OLLAMA_REJECTED'],
    [400, json('time: missing unit in duration "-1"'), 'OLLAMA_REJECTED'],
    [
      400,
      json('the prompt is longer than the context length currently available to the model; …'),
      'CONTEXT_OVERFLOW',
    ],
    [400, json('the input length exceeds the context length'), 'CONTEXT_OVERFLOW'],
    [400, NESTED_OVERFLOW, 'CONTEXT_OVERFLOW'],
    [500, NESTED_OVERFLOW, 'CONTEXT_OVERFLOW'],
    [401, JSON.stringify({ error: 'unauthorized', signin_url: 'https://…' }), 'OLLAMA_FORBIDDEN'],
    [403, '', 'OLLAMA_FORBIDDEN'],
    [403, json('ollama cloud is disabled: remote model is unavailable'), 'OLLAMA_FORBIDDEN'],
    [404, json("model 'x' not found"), 'MODEL_NOT_FOUND'],
    [404, json('model "x" not found, try pulling it first'), 'MODEL_NOT_FOUND'],
    [404, '404 page not found', 'OLLAMA_ERROR'],
    [404, JSON.stringify({ detail: 'Not Found' }), 'OLLAMA_ERROR'],
    [405, '405 method not allowed', 'OLLAMA_ERROR'],
    [429, json('too many requests'), 'OLLAMA_REJECTED'],
    [500, json('llama-server process has terminated: signal: killed'), 'OLLAMA_ERROR'],
    [500, json('model requires more system memory (5.3 GiB) than is available (3.3 GiB)'), 'OLLAMA_ERROR'],
    [500, '', 'OLLAMA_ERROR'],
    [502, '<html><body>Bad Gateway</body></html>', 'OLLAMA_ERROR'],
    [503, json('server busy, please try again.  maximum pending requests exceeded'), 'OLLAMA_BUSY'],
    [503, '<html>Service Unavailable</html>', 'OLLAMA_BUSY'],
    [301, '', 'OLLAMA_ERROR'],
  ])('takes %d %s as %s', (status, text, code) => {
    expect(errorFromStatus(status, text, 'x').code).toBe(code);
  });

  it.each([
    [400, json('"gemma:2b" does not support thinking'), '"gemma:2b" does not support thinking'],
    [500, json(JSON.stringify({ error: { message: 'failed to decode image' } })), 'failed to decode image'],
    [403, json('ollama cloud is disabled'), 'ollama cloud is disabled'],
    [404, json("model 'x' not found"), 'ollama pull tiny:1b'],
    [404, '404 page not found', 'status 404'],
    [500, '{}', 'no reason given'],
    [500, 'null', 'no reason given'],
  ])('tells why: %d %s', (status, text, part) => {
    expect(errorFromStatus(status, text, 'tiny:1b').message).toContain(part);
  });

  it.each([
    [502, '<html>secret.internal</html>'],
    [403, '<html>secret.internal</html>'],
    [404, 'secret.internal'],
  ])('does not pass on a body that is not from Ollama (%d)', (status, text) => {
    expect(errorFromStatus(status, text, 'x').message).not.toContain('secret.internal');
  });

  it('keeps a long reason short, and shows JSON inside JSON as what it says', () => {
    expect(errorFromStatus(500, json('x'.repeat(10_000)), 'x').message.length).toBeLessThan(400);
    const nested = json(JSON.stringify({ error: { message: 'failed to decode image' } }));
    expect(errorFromStatus(500, nested, 'x').message).not.toContain('{');
  });
});

describe('errorFromLine', () => {
  it('is a failure of Ollama with its reason', () => {
    expect(errorFromLine('unexpected EOF')).toMatchObject({
      code: 'OLLAMA_ERROR',
      message: expect.stringContaining('unexpected EOF'),
    });
  });

  it('knows context overflow', () => {
    expect(errorFromLine('{"error":{"type":"exceed_context_size_error"}}').code).toBe('CONTEXT_OVERFLOW');
  });
});

describe('errorFromSocket', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

  it('is unreachable before anything came, and names address and reason', () => {
    expect(errorFromSocket(refused, 'http://h:1', false)).toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      message: expect.stringMatching(/http:\/\/h:1 \(ECONNREFUSED\)/),
      cause: refused,
    });
  });

  it('finds the reason when both address families were tried', () => {
    const error = errorFromSocket(new AggregateError([refused, refused], ''), 'http://localhost:1', false);

    expect(error.message).toContain('ECONNREFUSED');
  });

  it('is a cut stream once the answer had begun', () => {
    expect(errorFromSocket(refused, 'http://h:1', true).code).toBe('STREAM_CUT');
  });
});

describe('what may be tried again', () => {
  const codes = Object.keys(ERROR_CODES) as ModelCallCode[];
  const among = (check: (error: unknown) => boolean) =>
    codes.filter((code) => check(new ModelCallError(code, '')));

  it('sends a request again only when Ollama had not taken it up', () => {
    expect(among(mayRetryRequest)).toEqual(['OLLAMA_UNREACHABLE', 'CONNECT_TIMEOUT', 'OLLAMA_BUSY']);
    expect(mayRetryRequest(new Error('other'))).toBe(false);
  });

  it('makes a turn again only when its stream broke', () => {
    expect(among(mayRetryTurn)).toEqual(['STALLED', 'STREAM_CUT', 'BAD_STREAM']);
    expect(mayRetryTurn(new Error('other'))).toBe(false);
  });
});
