import * as fc from 'fast-check';
import { parseSelectorAnswer } from './selector-answer';

const SEED = 20_261_125;

/** Names that contain each other, differ in case, look like patterns, keys or markup, or are of any other kind. */
const arbitraryName = fc.oneof(
  fc.constantFrom(
    'A',
    'a',
    'Anna',
    'Anna_Maria',
    'anna',
    '_x_',
    'next_speaker',
    'A.*b',
    '([',
    '小明',
    '小',
    'null',
    '</think>',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);
const arbitraryTeam = fc.uniqueArray(arbitraryName, { minLength: 1, maxLength: 6 });

const anything = fc.string({ unit: 'binary', maxLength: 10 });

/** Answers as small models garble them: pieces of the right form, of names and of anything, in any order, cut off anywhere. */
const garbled = (names: readonly string[]) =>
  fc
    .tuple(
      fc.array(
        fc.oneof(
          fc.constantFrom(...names),
          fc.constantFrom(...names).map((name) => JSON.stringify({ next_speaker: name })),
          fc.constantFrom(...names).map((name) => `{'next_speaker': '${name}'}`),
          fc.constantFrom(...names).map((name) => name.toUpperCase()),
          fc.constantFrom(
            '{"next_speaker":',
            '"',
            "'",
            '\\',
            '\\_',
            '```json\n',
            '<think>',
            '</think>',
            ' ',
            '\n',
            '_',
            'null',
            '}',
          ),
          anything,
        ),
        { maxLength: 8 },
      ),
      fc.nat(200),
    )
    .map(([pieces, length]) => pieces.join('').slice(0, length));

const arbitraryCase = arbitraryTeam.chain((names) =>
  fc.record({
    names: fc.constant(names),
    candidates: fc.subarray(names, { minLength: 1 }),
    raw: garbled(names),
  }),
);

describe('parseSelectorAnswer on any answer', () => {
  it('names a candidate or a problem, never anybody else', () => {
    fc.assert(
      fc.property(arbitraryCase, ({ names, candidates, raw }) => {
        const answer = parseSelectorAnswer(raw, candidates, names);
        const isRight = 'speaker' in answer ? candidates.includes(answer.speaker) : answer.problem !== '';
        expect({ answer, isRight }).toEqual({ answer, isRight: true });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('reads each form of a good answer as its name', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[A-Z][a-z]{1,8}(_\d)?$/), {
      minLength: 1,
      maxLength: 6,
      selector: (name) => name.toLowerCase(),
    });
    const forms = [
      (name: string) => name,
      (name: string) => `**${name}**.`,
      (name: string) => JSON.stringify({ next_speaker: name }),
      (name: string) => `\`\`\`json\n{ "next_speaker" : "${name}" }\n\`\`\``,
      (name: string) => `<think>Or somebody else?</think>{'next_speaker': '${name}'`,
      (name: string) => name.toUpperCase().replace('_', ' '),
    ];
    fc.assert(
      fc.property(names, fc.nat(), fc.constantFrom(...forms), (team, lot, form) => {
        const name = team[lot % team.length] ?? '';
        expect(parseSelectorAnswer(form(name), team, team)).toEqual({ speaker: name });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
