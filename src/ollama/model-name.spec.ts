import { fullModelName, MAX_MODEL_NAME, parseModelName } from './model-name';

describe('fullModelName', () => {
  it.each([
    ['llama3.2', 'llama3.2:latest'],
    ['llama3.2:3b', 'llama3.2:3b'],
    ['Qwen3:8B', 'qwen3:8b'],
    ['acme/tiny', 'acme/tiny:latest'],
    ['library/llama3.2', 'llama3.2:latest'],
    ['registry.ollama.ai/library/llama3.2:3B', 'llama3.2:3b'],
    ['registry.ollama.ai/acme/tiny', 'acme/tiny:latest'],
    ['hf.co/acme/Tiny-GGUF:Q4_K_M', 'hf.co/acme/tiny-gguf:q4_k_m'],
    ['hf.co/library/tiny', 'hf.co/library/tiny:latest'],
    ['localhost:5000/acme/tiny', 'localhost:5000/acme/tiny:latest'],
    ['localhost:5000/acme/tiny:1b', 'localhost:5000/acme/tiny:1b'],
    ['no name', 'no name:latest'],
    ['', ':latest'],
  ])('takes %s as %s', (model, full) => {
    expect(fullModelName(model)).toBe(full);
  });
});

describe('parseModelName', () => {
  it('fills in what is left out', () => {
    expect(parseModelName('Tiny')).toEqual({
      host: 'registry.ollama.ai',
      namespace: 'library',
      model: 'Tiny',
      tag: 'latest',
    });
    expect(parseModelName('localhost:5000/acme/tiny:1b')).toEqual({
      host: 'localhost:5000',
      namespace: 'acme',
      model: 'tiny',
      tag: '1b',
    });
  });

  const longest = `${'h'.repeat(350)}/${'n'.repeat(80)}/${'m'.repeat(80)}:${'t'.repeat(80)}`;

  it('takes names up to the longest', () => {
    expect(parseModelName(longest)).not.toBeNull();
    expect(longest).toHaveLength(MAX_MODEL_NAME);
    expect(parseModelName(`h${longest}`)).toBeNull();
    expect(parseModelName(`${longest}t`)).toBeNull();
  });

  it.each([
    '',
    ' ',
    'a b',
    'a:',
    ':a',
    'a:b:c',
    '/a',
    'a/',
    'a//b',
    '-a',
    '.a',
    '../a',
    'a/../b',
    'dots.are.not/allowed',
    'one/two/three/four',
    'http://hf.co/acme/tiny',
    'https://hf.co/acme/tiny',
    'a@sha256:abc',
    'é',
    'a\0',
    'a\n',
    'm'.repeat(81),
  ])('refuses %j', (text) => {
    expect(parseModelName(text)).toBeNull();
  });
});
