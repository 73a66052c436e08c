import { loadSettings } from '../config/load-settings';
import { ContextWindows } from './context-windows';

const LONG = 100_000;

describe('ContextWindows', () => {
  const windows = () => new ContextWindows(loadSettings({ DEFAULT_NUM_CTX: '8192' }));

  it('gives the setting when nothing is asked for', () => {
    expect(windows().sizeFor('tiny', undefined, LONG)).toBe(8_192);
  });

  it('gives at most what the model has, and anything when that is not known', () => {
    expect(windows().sizeFor('tiny', 50_000, 32_768)).toBe(32_768);
    expect(windows().sizeFor('tiny', 50_000, null)).toBe(50_000);
  });

  it('gives a smaller one when that is what the first one asks for', () => {
    expect(windows().sizeFor('tiny', 2_048, LONG)).toBe(2_048);
  });

  it('stays with the largest that was asked for: a change would make Ollama load the model anew', () => {
    const one = windows();
    const sizes = [4_096, 16_384, undefined, 4_096].map((asked) => one.sizeFor('tiny', asked, LONG));

    expect(sizes).toEqual([4_096, 16_384, 16_384, 16_384]);
  });

  it('keeps models apart', () => {
    const one = windows();
    one.sizeFor('tiny', 16_384, LONG);

    expect(one.sizeFor('small', undefined, LONG)).toBe(8_192);
  });

  it.each([
    ['tiny', 'tiny:latest'],
    ['tiny:latest', 'TINY'],
    ['hf.co/acme/Tiny-GGUF', 'hf.co/acme/tiny-gguf:latest'],
  ])('knows %s and %s as one model', (first, second) => {
    const one = windows();
    one.sizeFor(first, 16_384, LONG);

    expect(one.sizeFor(second, undefined, LONG)).toBe(16_384);
  });
});
