import { namesInConversation, namesInStops, ownName } from './names';
import { createRandom } from './random';
import { answerForSchema } from './schema-answer';
import { generateText } from './text-generator';
import { cutAtStop, splitTokens } from './tokens';
import { findTopic } from './topic';
import { weaken } from './weak-mode';

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

describe('weak mode', () => {
  it('slips in JSON in every way, and sometimes not at all', () => {
    const found = slipsOf(true);

    expect([...found.keys()].toSorted()).toEqual([
      'any',
      'empty',
      'fenced_json',
      'several_names',
      'sound',
      'think_tags',
      'truncated_json',
    ]);
    expect(found.get('fenced_json')).toMatch(/```json\n\{"next":"Ada"\}\n```$/);
    expect(found.get('several_names')).toMatch(/"Ada(, | or | and )Bob"/);
  });

  it('slips in text in every way', () => {
    const found = slipsOf(false);

    expect([...found.keys()].toSorted()).toEqual([
      'any',
      'echoed_prefix',
      'empty',
      'ignores_stops',
      'sound',
      'speaks_for_others',
      'think_tags',
    ]);
    expect(found.get('echoed_prefix')).toContain('Ada: Hello there.');
    expect(found.get('speaks_for_others')).toContain('Hello there.\nBob: A sentence.');
    expect(found.get('empty')).toBe('');
  });
});

function answer(schema: object, seed = 1): unknown {
  return answerForSchema({ ...schema }, [user('Ada: Hi')], createRandom(seed));
}

/** The slips that occur, each with a text that has it. */
function slipsOf(isJson: boolean, count = 400): Map<string, string> {
  const found = new Map<string, string>();
  for (let seed = 0; seed < count; seed += 1) {
    const { text, slips } = weaken(
      {
        text: isJson ? '{"next":"Ada"}' : 'Hello there.',
        isJson,
        choices: ['Ada', 'Bob'],
        own: 'Ada',
        others: ['Bob'],
        random: createRandom(seed),
        sentence: () => 'A sentence.',
      },
      'strong',
    );
    slips.forEach((slip) => found.set(slip, text));
    found.set(slips.length === 0 ? 'sound' : 'any', text);
  }
  return found;
}
