import { type TeamDefinition, type TeamRules } from '../definition/team-definition';
import { type StopRule } from '../definition/stop-rule';
import { teamSchema } from '../definition/team-schema';
import { rulesFromChatRules, rulesFromTeam, type TeamDefaults } from '../rules';
import { fewestTurns } from './fewest-turns';
import { longestCourse } from './longest-course';
import { mostTurns } from './most-turns';
import { graph } from '../testing/graph-shorthand';

const defaults: TeamDefaults = { maxRounds: 4, maxTurns: 20, fallback: 'round_robin' };
const rulesOf = (team: unknown, stop: StopRule | null = null): TeamRules =>
  rulesFromTeam(teamSchema.parse(team), stop, defaults);

/** The course in short: `A` a reply, `A!` a vote, `A*` a plan, `?selector` a question. */
function course(rules: TeamRules): string {
  return [...longestCourse(rules)]
    .map((call) =>
      call.kind === 'question'
        ? `?${call.purpose}`
        : `${call.agent}${{ reply: '', ballot: '!', plan: '*', final: '.' }[call.task]}`,
    )
    .join(' ');
}
const range = (rules: TeamRules) => [fewestTurns(rules), mostTurns(rules)];
const list = (...participants: unknown[]) => ({ type: 'round_robin', participants });

describe('the longest course of a run', () => {
  it('is one reply for one agent, and as long as chat_rules say', () => {
    const single = rulesFromChatRules(null, ['A'], defaults);
    expect([course(single), range(single)]).toEqual(['A', [1, 1]]);
    const rules = rulesFromChatRules({ max_rounds: 5 }, ['A', 'B'], defaults);
    expect([course(rules), range(rules)]).toEqual(['A B A B A', [5, 5]]);
    expect(
      range(rulesFromChatRules({ max_rounds: 5, termination_condition: 'x' }, ['A', 'B'], defaults)),
    ).toEqual([1, 5]);
  });

  it.each<[string, unknown, string, [number, number]]>([
    ['a list', list('A', 'B', 'C'), 'A B C A', [4, 4]],
    [
      'a list with a rule',
      {
        ...list('A', 'B'),
        stop: {
          any: [
            { type: 'text', text: 'x' },
            { type: 'max_turns', turns: 3 },
          ],
        },
      },
      'A B A',
      [1, 3],
    ],
    [
      'rules that must all hold',
      {
        ...list('A', 'B'),
        stop: {
          all: [
            { type: 'max_messages', messages: 2 },
            { type: 'max_turns', turns: 3 },
          ],
        },
        max_turns: 5,
      },
      'A B A B A',
      [3, 5],
    ],
    [
      'a selector',
      { type: 'selector', participants: ['A', 'B', 'C'], max_turns: 3 },
      '?selector A ?selector B ?selector C',
      [3, 3],
    ],
    [
      'a selector of two',
      { type: 'selector', participants: ['A', 'B'], max_turns: 3 },
      '?selector A B A',
      [3, 3],
    ],
    [
      'a selector with repeats',
      { type: 'selector', participants: ['A', 'B'], allow_repeated_speaker: true, max_turns: 2 },
      '?selector A ?selector B',
      [2, 2],
    ],
    [
      'a selector with transitions',
      { type: 'selector', participants: ['A', 'B', 'C'], transitions: { A: ['B'] }, max_turns: 3 },
      '?selector A B ?selector C',
      [3, 3],
    ],
    [
      'a swarm',
      { type: 'swarm', participants: ['A', 'B'], handoffs: { A: ['B', 'user'], B: [] }, max_turns: 2 },
      'A ?handoff B',
      [1, 2],
    ],
    [
      'a swarm with tools',
      { type: 'swarm', participants: ['A', 'B'], handoff_by: 'tool', max_turns: 2 },
      'A B',
      [2, 2],
    ],
    ['a graph', graph('ABCD', ['AB', 'AC', 'BD', 'CD']), 'A B C D', [4, 4]],
    ['a graph with conditions', graph('ABC', ['AB?', 'AC?']), 'A B C', [1, 3]],
    [
      'a graph in which a node runs at each arrival',
      { ...graph('ABC', ['AC', 'BC']), nodes: [{ id: 'A' }, { id: 'B' }, { id: 'C', join: 'any' }] },
      'A B C C',
      [3, 4],
    ],
    ['a graph with a loop', graph('AB', ['AB', 'BA?'], { start: ['A'], max_turns: 5 }), 'A B A B A', [2, 5]],
    ['a loop until MAX_TURNS', graph('A', ['AA?'], { start: ['A'] }), Array(20).fill('A').join(' '), [1, 20]],
    [
      'a manager',
      { type: 'magentic', manager: 'M', participants: ['A'], max_stalls: 1, max_replans: 1, max_turns: 3 },
      'M* ?ledger A ?ledger M* ?ledger A ?ledger A',
      [2, 5],
    ],
    [
      'a panel',
      { type: 'panel', participants: ['A', 'B'], chair: 'C', ties: 'revote' },
      'A B A! B! A! B! C',
      [5, 7],
    ],
    [
      'a panel with a chair that decides',
      { type: 'panel', participants: ['A', 'B'], chair: 'C', ties: 'chair' },
      'A B A! B! C! C',
      [5, 6],
    ],
    ['a panel without a vote', { type: 'panel', participants: ['A', 'B'], vote: 'none' }, 'A B', [2, 2]],
    [
      'nested teams',
      { ...list('A', { type: 'panel', name: 'p', participants: ['B', 'C'], vote: 'none' }), max_turns: 5 },
      'A B C A B',
      [5, 5],
    ],
    [
      'a nested team with a limit',
      { ...list('A', { ...list('B', 'C'), name: 'n', max_turns: 1 }), max_turns: 4 },
      'A B A B',
      [4, 4],
    ],
  ])('of %s', (_what, team, expected, turns) => {
    const rules = rulesOf(team);
    expect(course(rules)).toBe(expected);
    expect(range(rules)).toEqual(turns);
  });

  it('of templates is that of the engines that they are written down as', () => {
    const templates: TeamDefinition[] = [
      teamSchema.parse({ type: 'debate', sides: ['A', 'B'], rounds: 1, judge: 'C' }),
      teamSchema.parse({ type: 'critic', author: 'A', critic: 'B', max_rounds: 2 }),
      teamSchema.parse({ type: 'pipeline', stages: ['A', 'B', 'A'] }),
    ];
    expect(templates.map((team) => course(rulesOf(team)))).toEqual(['A B A B C', 'A B A B', 'A B A']);
  });

  it('is found quickly for the largest teams', () => {
    const ids = Array.from({ length: 256 }, (_, index) => `n${index}`);
    const edges = ids.flatMap((from, index) => ids.slice(index + 1, index + 17).map((to) => ({ from, to })));
    const nodes = ids.map((id) => ({ id, run: 'A', join: 'any' }));
    const before = performance.now();
    const rules = rulesFromTeam(teamSchema.parse({ type: 'graph', nodes, edges }), null, {
      ...defaults,
      maxTurns: 10_000,
    });
    expect([...longestCourse(rules)]).toHaveLength(10_000);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
