import { type SelectorFallback, type SelectorTeam } from '../definition/team-definition';
import { fallbackSpeaker, selectorCandidates } from './selector-rules';

const TEAM = ['A', 'B', 'C', 'D'];

/** Moves of these members, whether they said something or not. */
const moves = (members: string) => members.split('').map((member) => ({ member }));

const aSelector = (changes: Partial<SelectorTeam<string>> = {}): SelectorTeam<string> => ({
  type: 'selector',
  participants: TEAM,
  allow_repeated_speaker: false,
  max_attempts: 3,
  ...changes,
});

const candidates = (team: Partial<SelectorTeam<string>>, moved: string) =>
  selectorCandidates(aSelector(team), moves(moved)).join('');

describe('selectorCandidates', () => {
  it.each<[string, string, boolean, number | undefined, string]>([
    ['everybody at first', '', false, undefined, 'ABCD'],
    ['all but the previous speaker without repeats', 'AB', false, undefined, 'ACD'],
    ['everybody with repeats', 'AB', true, undefined, 'ABCD'],
    ['whoever has turns left in a row', 'ABB', true, 3, 'ABCD'],
    ['all but one who had its turns in a row', 'ABBB', true, 3, 'ACD'],
    ['all but one who had its turns in a row from the beginning', 'BB', true, 2, 'ACD'],
    ['whoever was interrupted', 'BBAB', true, 2, 'ABCD'],
    ['all but the previous speaker when one in a row is allowed', 'AB', true, 1, 'ACD'],
    ['all but the previous speaker, whatever the limit, without repeats', 'AB', false, 5, 'ACD'],
    ['everybody after a speaker outside the team', 'AX', false, undefined, 'ABCD'],
  ])('are %s', (_what, moved, allow_repeated_speaker, max_consecutive_turns, expected) => {
    const limit = max_consecutive_turns === undefined ? {} : { max_consecutive_turns };
    expect(candidates({ allow_repeated_speaker, ...limit }, moved)).toBe(expected);
  });

  it.each([
    [{}, ['A'], 'A', 'A'],
    [{ allow_repeated_speaker: true, max_consecutive_turns: 1 }, ['A'], 'A', 'A'],
    [{ transitions: { A: ['A'] } }, TEAM, 'A', 'A'],
    [{ transitions: { A: ['X'] } }, TEAM, 'A', 'ABCD'],
  ])('are never nobody: %j of %j after %s', (changes, participants, moved, expected) => {
    expect(candidates({ ...changes, participants }, moved)).toBe(expected);
  });

  it('are those who may follow the previous speaker, in the order of the team', () => {
    const transitions = { A: ['D', 'B', 'A'], B: ['C'] };
    expect(candidates({ transitions }, 'A')).toBe('BD');
    expect(candidates({ transitions, allow_repeated_speaker: true }, 'A')).toBe('ABD');
    expect(candidates({ transitions }, 'AB')).toBe('C');
    expect(candidates({ transitions }, 'ABC')).toBe('ABD');
    expect(candidates({ transitions }, '')).toBe('ABCD');
  });
});

const randomSpeaker = (seed: number): string | null =>
  fallbackSpeaker('random', { members: TEAM, candidates: ['A', 'C', 'D'], moves: moves('B'), seed });

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
  ])('%s after %j with candidates %j is %j', (policy, moved, allowed, expected) => {
    const input = {
      members: TEAM,
      candidates: allowed.split('').filter(Boolean),
      moves: moves(moved),
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
      const moved = moves('ABCD'.charAt(seed % 4) + 'ABCD'.charAt((seed * 7 + 1) % 4));
      const allowed = selectorCandidates(aSelector(), moved);
      for (const policy of policies) {
        expect(allowed).toContain(
          fallbackSpeaker(policy, { members: TEAM, candidates: allowed, moves: moved, seed }),
        );
      }
    }
  });
});
