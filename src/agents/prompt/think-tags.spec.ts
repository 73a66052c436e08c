import { ThinkSplitter, withoutThinking } from './think-tags';

function split(chunks: readonly string[]): { text: string; thinking: string } {
  const splitter = new ThinkSplitter();
  const parts = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  const joined = (kind: string) =>
    parts.map((part) => ('text' in part && part.kind === kind ? part.text : '')).join('');
  return { text: joined('text'), thinking: joined('thinking') };
}

describe('ThinkSplitter', () => {
  it.each([
    ['a block first', '<think>a</think>b', 'b', 'a'],
    ['the longer tag', '<thinking>a</thinking>b', 'b', 'a'],
    ['a tag closed by the other one', '<think>a</thinking>b', 'b', 'a'],
    ['a block amid text', 'a<think>b</think>c', 'ac', 'b'],
    ['two blocks', '<think>a</think>b<think>c</think>d', 'bd', 'a\nc'],
    ['a block that is not closed', 'a<think>b', 'a', 'b'],
    ['a tag cut off at the end', 'a <thin', 'a <thin', ''],
    ['a closing tag cut off at the end', '<think>a</thi', '', 'a</thi'],
    ['an opening tag inside thinking', '<think>a <think> b</think>c', 'c', 'a <think> b'],
    ['other tags', '<b>x</b> < <<p>', '<b>x</b> < <<p>', ''],
    ['a tag right after an angle bracket', '<<think>a</think>b', '<b', 'a'],
    ['a longer word', '<thinker>a', '<thinker>a', ''],
    ['tags quoted in backticks', 'use `<think>` and `</think>`', 'use `<think>` and `</think>`', ''],
    ['a block quoted in backticks', 'use `<think>x</think>` so', 'use `<think>x</think>` so', ''],
    ['a block after a quoted one', '`<think></think>` <think>a</think>b', '`<think></think>` b', 'a'],
    ['a block after a quoted tag', '`<think>` a <think>b</think>c', '`<think>` a c', 'b'],
    ['a block right after a quoted tag', '`<think><think>a</think>b', '`<think>b', 'a'],
    ['a closing tag after a quoted block', '`<think>x</think>` y</think>z', '`<think>x</think>` yz', ''],
    ['a backtick that ends thinking', '<think>`a`</think>b', 'b', '`a`'],
  ])('handles %s, in one chunk or in many', (_what, raw, text, thinking) => {
    expect(split([raw])).toEqual({ text, thinking });
    expect(split(raw.split(''))).toEqual({ text, thinking });
  });
});

describe('withoutThinking', () => {
  it.each([
    ['<think>a</think>\n\nb ', 'b'],
    ['a</think>b', 'b'],
    ['<think>a</think>b</think>c', 'c'],
    ['<think>a', ''],
    ['plain', 'plain'],
  ])('%j → %j', (raw, text) => {
    expect(withoutThinking(raw)).toBe(text);
  });
});
