import { DomainError } from '../common/errors/domain-error';
import { isClosing, parsePullLine } from './pull-line';

describe('parsePullLine', () => {
  it('reads a layer; what Go leaves out is zero', () => {
    const line = { status: 'pulling aa', digest: 'sha256:aa', total: 100 };
    expect(parsePullLine(JSON.stringify({ ...line, completed: 40 }))).toEqual({
      status: 'pulling aa',
      layer: { digest: 'sha256:aa', total: 100, completed: 40 },
    });
    expect(parsePullLine(JSON.stringify(line)).layer).toEqual({
      digest: 'sha256:aa',
      total: 100,
      completed: 0,
    });
  });

  it.each(['{"status":"pulling manifest"}', '{"status":"pulling manifest","digest":null,"error":null}'])(
    'reads a phase: %s',
    (text) => {
      expect(parsePullLine(text)).toEqual({ status: 'pulling manifest', layer: null });
    },
  );

  const failure = (text: string): unknown => {
    try {
      return parsePullLine(text);
    } catch (error) {
      return error;
    }
  };

  it.each([
    ['{"error":"pull model manifest: file does not exist"}', 'pull model manifest: file does not exist'],
    ['{"error":{"code":1}}', '{"code":1}'],
    ['{"status":"x","error":"no space left on device"}', 'no space left on device'],
    [`{"error":"${'x'.repeat(600)}"}`, `${'x'.repeat(500)}…`],
  ])("gives Ollama's own text of a failure: %s", (text, message) => {
    expect(failure(text)).toMatchObject({ code: 'PULL_FAILED', message });
  });

  it.each([
    'x',
    '[]',
    '5',
    'null',
    '{}',
    '{"status":5}',
    '{"status":"a","digest":"d","total":"5"}',
    '{"status":"a","digest":"d","total":1e999}',
    '{"status":"a","digest":"d","completed":-1}',
  ])('refuses %s', (text) => {
    expect(failure(text)).toBeInstanceOf(DomainError);
    expect(failure(text)).toMatchObject({ code: 'BAD_STREAM' });
  });
});

describe('isClosing', () => {
  it.each([
    ['verifying sha256 digest', true],
    ['writing manifest', true],
    ['removing unused layers', true],
    ["couldn't remove unused layers: x", true],
    ['success', true],
    ['pulling manifest', false],
    ['pulling dde5aa3fc5ff', false],
    ['successor', false],
    ['something new', false],
  ])('%s: %s', (status, closing) => {
    expect(isClosing({ status, layer: null })).toBe(closing);
  });
});
