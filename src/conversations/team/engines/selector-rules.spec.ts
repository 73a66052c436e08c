import { fallbackSpeaker, selectorCandidates } from './selector';
import { type SelectorFallback } from './team';
import { type TurnRecord } from './turn-record';

const TEAM = ['A', 'B', 'C', 'D'];

/** Turns of these speakers; in lower case an empty one. */
const turns = (speakers: string): TurnRecord[] =>
  speakers.split('').map((letter, index) => {
    const speaker = letter.toUpperCase();
    return { turn: index + 1, speaker, state: letter === speaker ? 'completed' : 'empty', text: '' };
  });

describe('selectorCandidates', () => {
  it.each<[string, string, boolean, number | null, string]>([
    ['everybody at first', '', false, null, 'ABCD'],
    ['all but the previous speaker without repeats', 'AB', false, null, 'ACD'],
    ['all but the previous speaker, though it said nothing', 'Ab', false, null, 'ACD'],
    ['everybody with repeats', 'AB', true, null, 'ABCD'],
    ['whoever has turns left in a row', 'ABB', true, 3, 'ABCD'],
    ['all but one who had its turns in a row', 'ABBB', true, 3, 'ACD'],
    ['all but one who had its turns in a row from the beginning', 'BB', true, 2, 'ACD'],
    ['all but one whose turns in a row were empty', 'ABb', true, 2, 'ACD'],
    ['whoever was interrupted', 'BBAB', true, 2, 'ABCD'],
    ['all but the previous speaker when one in a row is allowed', 'AB', true, 1, 'ACD'],
    ['all but the previous speaker, whatever the limit, without repeats', 'AB', false, 5, 'ACD'],
    ['everybody after a speaker outside the team', 'AX', false, null, 'ABCD'],
  ])('are %s', (_what, spoken, allowRepeatSpeaker, maxConsecutiveTurns, expected) => {
    const rules = { allowRepeatSpeaker, maxConsecutiveTurns };
    expect(selectorCandidates(rules, TEAM, turns(spoken)).join('')).toBe(expected);
  });

  it.each([
    [false, null],
    [true, 1],
  ])('are never nobody (repeats %s, limit %s)', (allowRepeatSpeaker, maxConsecutiveTurns) => {
    expect(selectorCandidates({ allowRepeatSpeaker, maxConsecutiveTurns }, ['A'], turns('A'))).toEqual(['A']);
  });
});

const randomSpeaker = (seed: number): string | null =>
  fallbackSpeaker('random', { agentNames: TEAM, candidates: ['A', 'C', 'D'], records: turns('B'), seed });

describe('fallbackSpeaker', () => {
  it.each<[SelectorFallback, string, string, string | null]>([
    ['round_robin', '', 'ABCD', 'A'],
    ['round_robin', 'B', 'ACD', 'C'],
    ['round_robin', 'D', 'ABC', 'A'],
    ['round_robin', 'A', 'D', 'D'],
    ['round_robin', 'C', 'AB', 'A'],
    ['round_robin', 'BB', 'ABCD', 'C'],
    ['previous', '', 'ABCD', 'A'],
    ['previous', 'AB', 'ABCD', 'B'],
    ['previous', 'AB', 'ACD', 'C'],
    ['first', 'AB', 'ACD', 'A'],
    ['first', 'A', 'CD', 'C'],
    ['fail', 'A', 'BCD', null],
    ['round_robin', 'A', '', null],
    ['random', 'A', '', null],
  ])('%s after %j with candidates %j is %j', (policy, spoken, candidates, expected) => {
    const input = {
      agentNames: TEAM,
      candidates: candidates.split('').filter(Boolean),
      records: turns(spoken),
      seed: 1,
    };
    expect(fallbackSpeaker(policy, input)).toBe(expected);
  });

  it('picks at random by the seed alone, and reaches every candidate', () => {
    const speakers = Array.from({ length: 50 }, (_item, seed) => randomSpeaker(seed));
    expect(speakers).toEqual(Array.from({ length: 50 }, (_item, seed) => randomSpeaker(seed)));
    expect(new Set(speakers)).toEqual(new Set(['A', 'C', 'D']));
  });

  it('never names a non-candidate (trap: the previous speaker although repeats are off)', () => {
    const policies: SelectorFallback[] = ['round_robin', 'previous', 'first', 'random'];
    for (let seed = 0; seed < 200; seed += 1) {
      const records = turns('ABCD'.charAt(seed % 4) + 'ABCD'.charAt((seed * 7 + 1) % 4));
      const candidates = selectorCandidates(
        { allowRepeatSpeaker: false, maxConsecutiveTurns: null },
        TEAM,
        records,
      );
      for (const policy of policies) {
        expect(candidates).toContain(
          fallbackSpeaker(policy, { agentNames: TEAM, candidates, records, seed }),
        );
      }
    }
  });
});
