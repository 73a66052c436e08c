import { type ChatMessage } from '../../ollama/chat-message';
import { roughTokens, TokenEstimates } from './token-estimate';

const prompt = (content: string): ChatMessage[] => [{ role: 'user', content }];

describe('roughTokens', () => {
  it.each([
    ['nothing', '', 4],
    ['Latin', 'a'.repeat(400), 104],
    ['Cyrillic', 'ж'.repeat(400), 204],
    ['Chinese', '中'.repeat(400), 404],
    ['Korean', '한'.repeat(400), 404],
  ])('starts with what is usual: %s', (_script, text, tokens) => {
    expect(roughTokens(prompt(text))).toBe(tokens);
  });

  it('counts each message and the tools', () => {
    expect(roughTokens([...prompt('aaaa'), ...prompt('aaaa')])).toBe(10);
    const tool = { name: 'transfer_to_bob', description: 'Hand over.', parameters: { type: 'object' } };
    expect(roughTokens(prompt('aaaa'), [tool])).toBeGreaterThan(25);
  });
});

describe('TokenEstimates', () => {
  const text = prompt('a'.repeat(784));
  const rough = 200;

  it('comes near to what a model counts, each model on its own', () => {
    const estimates = new TokenEstimates();
    for (let call = 0; call < 10; call += 1) {
      estimates.learn('tiny', text, undefined, 300);
    }
    expect(estimates.estimate('TINY:latest', text)).toBeGreaterThan(295);
    expect(estimates.estimate('tiny', text)).toBeLessThanOrEqual(300);
    expect(estimates.estimate('other', text)).toBe(rough);
  });

  it('follows high counts faster than low ones, which may come of the prompt cache', () => {
    const up = new TokenEstimates();
    up.learn('tiny', text, undefined, 280);
    const down = new TokenEstimates();
    down.learn('tiny', text, undefined, 120);
    expect(up.estimate('tiny', text) - rough).toBeGreaterThan(3 * (rough - down.estimate('tiny', text)));
    expect(down.estimate('tiny', text)).toBeLessThan(rough);
  });

  it.each([
    ['none', 0],
    ['a count that is missing but for the new part', 30],
    ['one that no tokenizer has', 2_000],
  ])('ignores %s', (_what, counted) => {
    const estimates = new TokenEstimates();
    estimates.learn('tiny', text, undefined, counted);
    expect(estimates.estimate('tiny', text)).toBe(rough);
  });
});
