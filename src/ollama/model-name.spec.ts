import { fullModelName } from './model-name';

describe('fullModelName', () => {
  it.each([
    ['llama3.2', 'llama3.2:latest'],
    ['llama3.2:3b', 'llama3.2:3b'],
    ['Qwen3:8B', 'qwen3:8b'],
    ['acme/tiny', 'acme/tiny:latest'],
    ['hf.co/acme/Tiny-GGUF:Q4_K_M', 'hf.co/acme/tiny-gguf:q4_k_m'],
    ['localhost:5000/acme/tiny', 'localhost:5000/acme/tiny:latest'],
    ['localhost:5000/acme/tiny:1b', 'localhost:5000/acme/tiny:1b'],
  ])('takes %s as %s', (model, full) => {
    expect(fullModelName(model)).toBe(full);
  });
});
