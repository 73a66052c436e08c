import { parseSelectorAnswer, selectorFeedback, selectorSchema } from './selector-answer';

const NAMES = ['Anna', 'Ben', 'Cleo_2', 'Anna_Maria', '小明'];
const parse = (raw: string, candidates: readonly string[] = NAMES) =>
  parseSelectorAnswer(raw, candidates, NAMES);

describe('parseSelectorAnswer', () => {
  it.each([
    ['JSON', '{"next_speaker": "Ben"}', 'Ben'],
    ['JSON without blanks', '{"next_speaker":"Ben"}', 'Ben'],
    ['JSON over lines', '{\n  "next_speaker":\n  "Ben"\n}', 'Ben'],
    ['JSON with escapes', String.raw`{"next_speaker": "\u5c0f\u660e"}`, '小明'],
    ['fenced JSON', '```json\n{"next_speaker": "Ben"}\n```', 'Ben'],
    ['JSON amid text', 'Anna spoke, so: {"next_speaker": "Ben"} as Anna asked.', 'Ben'],
    ['JSON with a reason that names others', '{"reason": "Anna asked", "next_speaker": "Ben"}', 'Ben'],
    ['JSON in JSON', '{"answer": {"next_speaker": "Ben"}, "not": "Anna"}', 'Ben'],
    ['JSON with another key', '{"speaker": "Ben"}', 'Ben'],
    ['JSON cut off after the name', '{"next_speaker": "Ben", "rea', 'Ben'],
    ['JSON twice with the same name', '{"next_speaker": "Ben"} {"next_speaker": "Ben"}', 'Ben'],
    ['single quotes', "{'next_speaker': 'Ben'}", 'Ben'],
    ['a value with more than the name', '{"next_speaker": "Ben (he doubts)"}', 'Ben'],
    ['a JSON text', '"Ben"', 'Ben'],
    ['the bare name', 'Ben', 'Ben'],
    ['a sentence', 'The next speaker should be Ben.', 'Ben'],
    ['a bold name', '**Ben**', 'Ben'],
    ['a name in the possessive', "It is Ben's turn.", 'Ben'],
    ['a name as it stands twice', 'Ben. Yes, Ben!', 'Ben'],
    ['another case', '{"next_speaker": "BEN"}', 'Ben'],
    ['another case in a sentence', 'next: cleo_2', 'Cleo_2'],
    ['the exact name beside a word like another', 'anna is a name. Ben', 'Ben'],
    ['a blank for _', 'Cleo 2', 'Cleo_2'],
    ['a blank for _ in another case', '{"next_speaker": "anna maria"}', 'Anna_Maria'],
    ['an escaped _', String.raw`{"next_speaker": "Cleo\_2"}`, 'Cleo_2'],
    ['the longest of names within each other', 'Anna Maria', 'Anna_Maria'],
    ['full-width letters', 'Ｂｅｎ', 'Ben'],
    ['another script', '下一位：小明。', '小明'],
    ['thinking before it', '<think>Anna? No: Cleo_2.</think>\n{"next_speaker": "Ben"}', 'Ben'],
    ['thinking that was not opened', 'Anna? No.</think>Ben', 'Ben'],
  ])('reads %s', (_what, raw, speaker) => {
    expect(parse(raw)).toEqual({ speaker });
  });

  it.each([
    ['several names', 'Anna or Ben', 'more than one: Anna, Ben'],
    ['several names in the value', '{"next_speaker": "Ben or Anna"}', 'more than one: Ben, Anna'],
    ['several answers', '{"next_speaker": "Ben"} {"next_speaker": "Anna"}', 'more than one'],
    ['several names in another case', 'anna or ben', 'more than one: Anna, Ben'],
    ['nobody', 'I cannot say.', 'nobody'],
    ['an unknown name', '{"next_speaker": "Zed"}', 'nobody'],
    ['an unknown name beside a known one', '{"reason": "Ben is done", "next_speaker": "Zed"}', 'nobody'],
    ['a name as part of a word', 'Bennet, OldBen, Cleo_22 and Ben_3', 'nobody'],
    ['a value that is no text', '{"next_speaker": null, "because": "Ben left"}', 'nobody'],
    ['a value that was cut off', '{"because": "Ben left", "next_speaker": "Ann', 'nobody'],
    ['nothing', ' \n', 'empty'],
    ['nothing but thinking', '<think>Ben', 'empty'],
  ])('sees a problem in %s', (_what, raw, problem) => {
    expect(parse(raw)).toHaveProperty('problem', expect.stringContaining(problem));
  });

  it.each(['Ben', '{"next_speaker": "Ben"}', '{"next_speaker": "ben"}'])(
    'never takes a non-candidate: %s (trap: names of all participants are accepted)',
    (raw) => {
      expect(parse(raw, ['Anna', 'Cleo_2'])).toEqual({ problem: 'Ben may not speak next.' });
    },
  );

  it('does not guess between a candidate and another name', () => {
    expect(parse('Ben just spoke, so Anna', ['Anna', 'Cleo_2'])).toHaveProperty('problem');
  });

  it('finds names that start or end with _ and no blank in their place', () => {
    expect(parseSelectorAnswer('well, a', ['_a', 'b_'], ['_a', 'b_'])).toHaveProperty('problem');
    expect(parseSelectorAnswer('well, _a', ['_a', 'b_'], ['_a', 'b_'])).toEqual({ speaker: '_a' });
    expect(parseSelectorAnswer(String.raw`b\_`, ['_a', 'b_'], ['_a', 'b_'])).toEqual({ speaker: 'b_' });
  });

  it('takes signs of patterns in a name as they are', () => {
    expect(parseSelectorAnswer('Axxb', ['A.*b'], ['A.*b'])).toHaveProperty('problem');
    expect(parseSelectorAnswer('it is A.*b now', ['A.*b', '(['], ['A.*b', '(['])).toEqual({
      speaker: 'A.*b',
    });
  });

  it.each(['"next_speaker": "', '{', 'Anna_', '\\"', "'next_speaker':"])(
    'reads 1 MB of %j quickly',
    (unit) => {
      const start = performance.now();
      parse(unit.repeat(1_000_000 / unit.length));
      expect(performance.now() - start).toBeLessThan(3_000);
    },
  );
});

describe('selectorFeedback', () => {
  it('tells what was wrong and how to answer', () => {
    expect(selectorFeedback('Ben may not speak next.', ['Anna', 'Cleo_2'])).toBe(
      'Ben may not speak next. Answer with JSON only, in the form {"next_speaker": "<name>"}, where <name> is exactly one of: Anna, Cleo_2.',
    );
  });
});

describe('selectorSchema', () => {
  it('allows the candidates only', () => {
    expect(selectorSchema(['Anna', 'Ben'])).toEqual({
      type: 'object',
      properties: { next_speaker: { type: 'string', enum: ['Anna', 'Ben'] } },
      required: ['next_speaker'],
      additionalProperties: false,
    });
  });
});
