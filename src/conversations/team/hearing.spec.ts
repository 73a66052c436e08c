import { type EngineDefinition } from './definition/team-definition';
import { heardBy } from './hearing';
import { aTurn } from './testing/turn-records';
import { type Place, type TurnRecord } from './turn-record';

/** `T1 U2 A1` = the first move of A within the second of U within the first of T. */
const at = (path: string): Place =>
  path
    .split(' ')
    .filter(Boolean)
    .map((step) => ({ member: step.slice(0, -1), move: Number(step.slice(-1)) }));

const records = (...paths: string[]): TurnRecord[] =>
  paths.map((path, index) => {
    const place = at(path.replace('!', ''));
    return aTurn(index + 1, place.at(-1)?.member ?? '', { place, text: path.includes('!') ? '' : path });
  });

const heard = (team: EngineDefinition, said: readonly TurnRecord[], from = '') =>
  heardBy(team, said, at(from)).map(({ turn }) => turn);

const team = (share: 'all' | 'last', innerShare: 'all' | 'last' = 'all'): EngineDefinition => ({
  type: 'round_robin',
  participants: [
    'A',
    {
      type: 'round_robin',
      name: 'T',
      share,
      participants: ['B', { type: 'round_robin', name: 'U', share: innerShare, participants: ['C', 'D'] }],
    },
  ],
});

const SAID = records('A1', 'T2 B1', 'T2 U2 C1', 'T2 U2 D2', 'A3', 'T4 B1', 'T4 U2 C1', 'T4 U2 D2!');

describe('heardBy', () => {
  it('is all that was said, without turns in which nothing was', () => {
    expect(heard(team('all'), SAID)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(heard(team('all'), records('A1!'))).toEqual([]);
  });

  it('is the last message of each visit of a team that shares no more', () => {
    expect(heard(team('last'), SAID)).toEqual([1, 4, 5, 7]);
  });

  it('is everything of a team for those in it, in each of its visits', () => {
    expect(heard(team('last'), SAID, 'T4')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(heard(team('last'), SAID, 'T6 U1')).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('keeps back what an inner team does not share, as seen from around it and from outside', () => {
    expect(heard(team('all', 'last'), SAID)).toEqual([1, 2, 4, 5, 6, 7]);
    expect(heard(team('all', 'last'), SAID, 'T4')).toEqual([1, 2, 4, 5, 6, 7]);
    expect(heard(team('all', 'last'), SAID, 'T4 U2')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(heard(team('last', 'last'), SAID)).toEqual([1, 4, 5, 7]);
  });

  it('hears an agent as itself that has the name of a team elsewhere', () => {
    expect(heard(team('last'), records('A1', 'T2 B1', 'T2 B2'), 'A3')).toEqual([1, 3]);
  });

  describe('in a panel', () => {
    const panel: EngineDefinition = {
      type: 'panel',
      name: 'P',
      participants: ['A', { type: 'round_robin', name: 'T', participants: ['B', 'C'] }],
      vote: 'majority',
      threshold: 0,
      may_abstain: true,
      ties: 'first',
      chair: 'Z',
    };
    const answers = records('A1', 'T2 B1', 'T2 C2', 'A3');

    it('is nothing of the other answers for a team that needs several steps for its own', () => {
      expect(heard(panel, answers.slice(0, 2), 'T2 C2')).toEqual([2]);
      expect(heard(panel, answers.slice(0, 2), 'T2')).toEqual([2]);
    });

    it('is every answer for voters and the chair', () => {
      expect(heard(panel, answers.slice(0, 3), 'A3')).toEqual([1, 2, 3]);
      expect(heard(panel, answers, 'Z4')).toEqual([1, 2, 3, 4]);
    });

    it('that stands in a team is everything that was said before it, and in its earlier visits', () => {
      const around: EngineDefinition = { type: 'round_robin', participants: ['X', panel] };
      const said = records('X1', 'P2 A1', 'P2 T2 B1', 'X3', 'P4 A1', 'P4 T2 B1');
      expect(heard(around, said, 'P4 T2 C2')).toEqual([1, 2, 3, 4, 6]);
    });
  });
});
