import { errorFromStatus, ModelCallError } from './model-call-error';
import { PullError, retryOf } from './pull-error';

describe('retryOf', () => {
  it.each([
    'max retries exceeded: EOF',
    'pull model manifest: Get "https://registry.example/v2/x": dial tcp: lookup registry.example: no such host',
    'read tcp 10.0.0.1:5000->10.0.0.2:443: read: connection reset by peer',
    'pull model manifest: 503: busy',
    'net/http: TLS handshake timeout',
    'unexpected EOF',
  ])('tries again when the network stumbled: %s', (text) => {
    expect(retryOf(new PullError('PULL_FAILED', text))).toBe('again');
  });

  it.each([
    'pull model manifest: file does not exist',
    'pull model manifest: 412: requires a newer version of Ollama',
    'digest mismatch, file must be downloaded again: want sha256:aa, got sha256:bb',
    'write /models/blobs/sha256-aa-partial: no space left on device',
    'unauthorized',
    'something that nobody has seen',
  ])('does not when the same would come of it: %s', (text) => {
    expect(retryOf(new PullError('PULL_FAILED', text))).toBe('no');
  });

  it('tries once more when it met the end of a cancelled pull', () => {
    expect(retryOf(new PullError('PULL_FAILED', 'context canceled'))).toBe('once');
  });

  it.each([
    [new PullError('PULL_CUT', 'x'), 'again'],
    [new PullError('PULL_STALLED', 'x'), 'no'],
    [new ModelCallError('OLLAMA_UNREACHABLE', 'x'), 'again'],
    [new ModelCallError('CONNECT_TIMEOUT', 'x'), 'again'],
    [new ModelCallError('BAD_STREAM', 'x'), 'no'],
    [errorFromStatus(500, '', 'm'), 'again'],
    [errorFromStatus(502, '<html>', 'm'), 'again'],
    [errorFromStatus(503, '', 'm'), 'again'],
    [errorFromStatus(400, '{"error":"invalid model name"}', 'm'), 'no'],
    [errorFromStatus(403, '', 'm'), 'no'],
    [errorFromStatus(404, '', 'm'), 'no'],
    [new Error('a fault of our own'), 'no'],
    [undefined, 'no'],
  ])('%s: %s', (error, retry) => {
    expect(retryOf(error)).toBe(retry);
  });
});
