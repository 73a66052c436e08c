import { type ChatMessage } from '../../ollama/chat-message';
import { type Fit, fitHistory, promptRoom, wasCut } from './context-fit';

/** A prompt of 10 tokens and as many for each item. */
const build = (history: readonly string[]): ChatMessage[] =>
  ['system', ...history].map((content) => ({ role: 'user', content }));
const fit = (history: readonly string[], room: number, mayDrop = true): Fit =>
  fitHistory(history, build, (messages) => messages.length * 10, room, mayDrop);
const texts = (result: Fit) => (result.fits ? result.messages.map(({ content }) => content).join('') : null);

describe('promptRoom', () => {
  it.each([
    [8_192, 2_048, 6_144],
    [8_192, 100, 8_092],
    [4_096, 4_096, 3_072],
    [16, 2_048, 12],
  ])('of a window of %i with answers of %i tokens is %i', (numCtx, numPredict, room) => {
    expect(promptRoom({ numCtx, numPredict })).toBe(room);
  });
});

describe('fitHistory', () => {
  it('leaves a prompt that fits alone', () => {
    expect(fit(['a', 'b'], 30)).toMatchObject({
      fits: true,
      tokens: 30,
      droppedMessages: 0,
      droppedTokens: 0,
    });
  });

  it.each([
    [59, 'systembcde', 1],
    [50, 'systembcde', 1],
    [49, 'systemcde', 2],
    [20, 'systeme', 4],
  ])('leaves out as few of the oldest as it can: room for %i tokens', (room, expected, dropped) => {
    const result = fit(['a', 'b', 'c', 'd', 'e'], room);
    expect(texts(result)).toBe(expected);
    expect(result).toMatchObject({ droppedMessages: dropped, droppedTokens: dropped * 10 });
  });

  it('finds the fewest for any length and room', () => {
    const history = Array.from({ length: 100 }, (_item, index) => `${index}`);
    for (let room = 20; room <= 1_010; room += 7) {
      expect(fit(history, room)).toMatchObject({
        fits: true,
        tokens: Math.min(Math.floor(room / 10) * 10, 1_010),
      });
    }
  });

  it('says so when not even the last message fits, or nothing may be left out', () => {
    expect(fit(['a', 'b', 'c'], 19)).toEqual({ fits: false, tokens: 20 });
    expect(fit(['a', 'b', 'c'], 39, false)).toEqual({ fits: false, tokens: 40 });
    expect(fit([], 5)).toEqual({ fits: false, tokens: 10 });
  });
});

describe('wasCut', () => {
  it.each<[string, boolean, number, number]>([
    ['about as much arrived as was sent', false, 5_000, 5_200],
    ['more arrived than was thought', false, 6_000, 5_000],
    ['the middle was cut out', true, 4_096, 6_000],
    ['the window is full', true, 8_192, 6_000],
    ['nothing was counted', false, 0, 6_000],
    ['only what was not cached was counted', false, 300, 6_000],
    ['a small prompt of long words', false, 60, 100],
  ])('%s: %s', (_what, expected, counted, estimated) => {
    expect(wasCut(counted, estimated, 8_192)).toBe(expected);
  });
});
