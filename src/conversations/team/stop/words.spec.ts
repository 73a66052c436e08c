import { wordsOf } from './words';

describe('wordsOf', () => {
  it.each([
    ['It IS so: 3 llamas!', ['it', 'is', 'so', '3', 'llamas']],
    ['Ünïcode élan Ｂｅｎ', ['ünïcode', 'élan', 'ben']],
    ['我们a公司b2c', ['我', '们', 'a', '公', '司', 'b2c']],
    ['スーパー', ['ス', 'ー', 'パ', 'ー']],
    ['ที่นี่', ['ที่', 'นี่']],
    ['한국어 말', ['한국어', '말']],
    ['🦙🦙 | --- ?!', ['🦙', '🦙']],
    [' \n', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});
