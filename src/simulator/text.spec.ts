import { namesInConversation, namesInStops, ownName } from './names';
import { createRandom } from './random';
import { answerForSchema } from './schema-answer';
import { generateText } from './text-generator';
import { cutAtStop, splitTokens } from './tokens';
import { findTopic } from './topic';

const user = (content: string) => ({ role: 'user', content });

describe('generated text', () => {
  const messages = [
    user('Discuss how small towns can attract young families.'),
    user('Ada: I believe that good schools matter most.'),
  ];
  const write = (seed: number, words = { min: 25, max: 70 }) =>
    generateText({ messages, random: createRandom(seed), words });

  it('is the same for the same seed and varies with it', () => {
    const texts = new Set(Array.from({ length: 50 }, (_, seed) => write(seed)));

    expect(write(1)).toBe(write(1));
    expect(texts.size).toBeGreaterThan(45);
  });

  it.each([
    [25, 70],
    [1, 5],
    [100, 120],
  ])('keeps to %i to %i words', (min, max) => {
    for (let seed = 0; seed < 100; seed += 1) {
      const count = write(seed, { min, max }).split(/\s+/).length;
      expect(count).toBeGreaterThanOrEqual(min);
      expect(count).toBeLessThanOrEqual(max);
    }
  });

  it('reacts to the task and to who spoke last', () => {
    const texts = Array.from({ length: 30 }, (_, seed) => write(seed)).join(' ');

    expect(texts).toMatch(/small towns|families/);
    expect(texts).toContain('schools');
    expect(texts).toContain('Ada');
    expect(texts).not.toMatch(/\{\w+\}|undefined/);
  });

  it('is just a name where only a name is asked for', () => {
    const asked = [user('Read the above. Select the next role from [Ada, Bob]. Only return the role.')];

    expect(['Ada', 'Bob']).toContain(
      generateText({ messages: asked, random: createRandom(1), words: { min: 25, max: 70 } }),
    );
  });

  it('now and then says the word that it is told to say, alone where nothing else is wanted', () => {
    const say = (task: string) =>
      Array.from({ length: 60 }, (_, seed) =>
        generateText({ messages: [user(task)], random: createRandom(seed), words: { min: 25, max: 70 } }),
      );

    expect(
      say('When the task is done, sum up and write CLOSED.').filter((text) => text.endsWith(' CLOSED'))
        .length,
    ).toBeGreaterThan(5);
    expect(
      say('Only if you agree, write I AGREE.').filter((text) => text.endsWith(' I AGREE')).length,
    ).toBeGreaterThan(5);
    expect(say('Then write A letter.').filter((text) => text.endsWith(' A')).length).toBe(0);
    const alone = say('If nothing has to be changed, answer with APPROVED and nothing else.').filter(
      (text) => text === 'APPROVED',
    );
    expect(alone.length).toBeGreaterThan(5);
    expect(alone.length).toBeLessThan(40);
  });

  it('finds what a text is about', () => {
    expect(findTopic('Please discuss the future of public libraries.')).toBe('public libraries');
    expect(findTopic('What do you think?')).toBeUndefined();
  });

  it('finds names of speakers', () => {
    const conversation = [user('Ada: Hello.\nI have a note: none\nBob Smith: Hi'), user('no name here')];

    expect(namesInConversation(conversation)).toEqual(['Ada', 'I have a note', 'Bob Smith']);
    expect(namesInStops(['\nAda:', '\nBob: ', 'END'])).toEqual(['Ada', 'Bob']);
    expect(ownName([{ role: 'system', content: 'You are Ada, a poet.' }])).toBe('Ada');
    expect(ownName([{ role: 'system', content: 'You are a poet.' }])).toBeUndefined();
  });
});

describe('tokens', () => {
  it.each(['Hello, world!  Two\n\nlines.', 'Zoë 👩‍🚀 naïve 日本語のテキスト', '', '\ud800 lone', "it's"])(
    'joins to the text again: %j',
    (text) => {
      expect(splitTokens(text).join('')).toBe(text);
    },
  );

  it('cuts before the first stop sequence, also inside a token', () => {
    expect(cutAtStop(['One', ' two', ' three'], ['o t', 'w'])).toEqual(['One', ' t']);
    expect(cutAtStop(['One'], ['x'])).toEqual(['One']);
  });
});

describe('answers for a schema', () => {
  it('fills every kind of value', () => {
    const schema = {
      type: 'object',
      required: ['next', 'sure', 'score', 'count', 'tags', 'inner', 'nothing', 'fixed'],
      properties: {
        next: { type: 'string', enum: ['Ada', 'Bob'] },
        sure: { type: 'boolean' },
        score: { type: 'number', minimum: 0, maximum: 1 },
        count: { type: 'integer', minimum: 3, exclusiveMaximum: 5 },
        tags: { type: 'array', items: { type: 'string', maxLength: 5 }, minItems: 2, maxItems: 2 },
        inner: { $ref: '#/$defs/inner' },
        nothing: { type: 'null' },
        fixed: { const: 'yes' },
      },
      $defs: { inner: { type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] } },
    };
    for (let seed = 0; seed < 50; seed += 1) {
      expect(answer(schema, seed)).toEqual({
        next: expect.stringMatching(/^(Ada|Bob)$/),
        sure: expect.any(Boolean),
        score: expect.any(Number),
        count: expect.any(Number),
        tags: [expect.any(String), expect.any(String)],
        inner: { reason: expect.any(String) },
        nothing: null,
        fixed: 'yes',
      });
    }
  });

  it('puts all choices in some order where a list has room for each', () => {
    const names = ['Ada', 'Bob', 'Cem'];
    const ranking = { type: 'array', items: { enum: names }, minItems: 0, maxItems: 3 };
    const seeds = Array.from({ length: 30 }, (_, seed) => seed);
    const rankings = seeds.map((seed) => answer({ properties: { ranking } }, seed) as { ranking: string[] });

    expect(rankings.every((one) => one.ranking.toSorted().join() === names.join())).toBe(true);
    expect(new Set(rankings.map((one) => one.ranking.join())).size).toBe(6);
  });

  it('keeps whole numbers within their bounds and settles on one alternative', () => {
    const whole = { type: 'integer', minimum: 3, exclusiveMaximum: 5 };
    const either = { anyOf: [{ const: 1 }, { type: 'null' }] };
    const seeds = Array.from({ length: 50 }, (_, seed) => seed);

    expect(new Set(seeds.map((seed) => answer(whole, seed)))).toEqual(new Set([3, 4]));
    expect(new Set(seeds.map((seed) => answer(either, seed)))).toEqual(new Set([1, null]));
  });

  it('takes names from the conversation and ends in recursive schemas', () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, child: { $ref: '#' } },
      required: ['name'],
    };

    expect(answer({ type: 'object', properties: { speaker: { type: 'string' } } })).toEqual({
      speaker: 'Ada',
    });
    expect(answer(tree)).toMatchObject({ name: 'Ada', child: { name: 'Ada' } });
  });
});

function answer(schema: object, seed = 1): unknown {
  return answerForSchema({ ...schema }, [user('Ada: Hi')], createRandom(seed));
}
