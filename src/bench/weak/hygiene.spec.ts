import { blemishesOf } from './hygiene';

const TEAM = ['Ada', 'Bob'];
const CLEAN = { echoed: false, forOthers: false, think: false };

describe(blemishesOf, () => {
  it.each(['Ada: Hello.', '**Ada:** Hello.', '**Ada**: Hello.', '[Ada]: Hello.', '\n ada : Hello.'])(
    'finds the own name at the beginning of %j',
    (text) => {
      expect(blemishesOf(text, 'Ada', TEAM)).toEqual({ ...CLEAN, echoed: true });
    },
  );

  it.each([
    'Hello.\nBob: Hi.',
    'Hello.\n\n**Bob:** Hi.',
    'Bob: Hi.',
    'Hello.\r[Bob]: Hi.',
    'Hello.\n  > Bob: Hi.',
  ])('finds a line of somebody else in %j', (text) => {
    expect(blemishesOf(text, 'Ada', TEAM)).toEqual({ ...CLEAN, forOthers: true });
  });

  it.each(['<think>Hm.</think>Hello.', 'Hm.\n</think>\nHello.', 'Hello. <Thinking>'])(
    'finds thinking in %j',
    (text) => {
      expect(blemishesOf(text, 'Ada', TEAM)).toEqual({ ...CLEAN, think: true });
    },
  );

  it.each(['Hello, Bob: you are right.', 'Bobby: a name of nobody.', 'Ada and Bob agree.', '{"Bob": 1}'])(
    'finds nothing in %j',
    (text) => {
      expect(blemishesOf(text, 'Ada', TEAM)).toEqual(CLEAN);
    },
  );
});
