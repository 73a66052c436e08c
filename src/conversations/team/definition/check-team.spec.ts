import { checkTeam, type TeamRequest } from './check-team';
import { stopRuleSchema, teamSchema } from './team-schema';
import { graph } from '../testing/graph-shorthand';

/** What is found in a request as a client writes it: severity, place, kind, text. */
function found(
  team: unknown,
  { stop, agents = ['A', 'B', 'C'] }: { stop?: unknown; agents?: string[] } = {},
) {
  const request: TeamRequest = {
    team: team === null ? null : teamSchema.parse(team),
    stop: stop === undefined ? null : stopRuleSchema.parse(stop),
    agents,
  };
  return checkTeam(request)
    .filter(({ type }) => type !== 'agent_unused')
    .map(({ severity, loc, type, message }) => `${severity} ${loc.join('.')} ${type}: ${message}`);
}

const all = { type: 'round_robin', participants: ['A', 'B', 'C'] };
const inner = (name: string, ...participants: unknown[]) => ({ type: 'round_robin', name, participants });
const inside = (...participants: unknown[]) => ({ type: 'round_robin', participants });

describe('the check of a team', () => {
  it.each([
    ['a list', all],
    ['one participant of a selector', { type: 'selector', participants: ['A'], transitions: { A: ['A'] } }],
    ['one participant by lot', { type: 'random', participants: ['A'] }],
    ['a swarm with the user', { type: 'swarm', participants: ['A', 'B'], handoffs: { A: ['B', 'user'] } }],
    ['an agent in several stages', { type: 'pipeline', stages: ['A', 'B', 'A'] }],
    ['a nested team without a name', inside('A', { type: 'panel', participants: ['B', 'C'] })],
    ['nested teams', inside('A', inner('inner', 'B', inner('innermost', 'C')))],
    [
      'one agent in several nodes',
      {
        ...graph('AB', ['AB']),
        nodes: [{ id: 'A' }, { id: 'x', run: 'A' }, { id: 'B' }],
        edges: [
          { from: 'A', to: 'x' },
          { from: 'x', to: 'B' },
        ],
      },
    ],
    ['a loop with a limit', graph('AB', ['AB', 'BA'], { start: ['A'], max_turns: 4 })],
    [
      'a panel with a chair',
      { type: 'panel', participants: ['A', 'B'], chair: 'C', ties: 'chair', vote: 'ranked' },
    ],
    ['a manager', { type: 'magentic', manager: 'A', participants: ['B', 'C'] }],
  ])('finds nothing wrong with %s', (_what, team) => {
    expect(found(team)).toEqual([]);
  });

  it.each([
    [
      'an agent that is not there',
      inside('A', { agent: 'Bb' }, 'Zo'),
      [
        "error team.participants.1.agent unknown_agent: 'Bb' is no agent of this request; did you mean 'B'?",
        "error team.participants.2 unknown_agent: 'Zo' is no agent of this request; there are: 'A', 'B', 'C'",
      ],
    ],
    [
      'an agent of the history that is not there',
      inside('A', { agent: 'B', history: { from: ['Q', 'A'] } }),
      [
        "error team.participants.1.history.from.0 unknown_agent: 'Q' is no agent of this request, and only agents say something; did you mean 'A'?",
      ],
    ],
    [
      'an agent twice',
      inside('A', 'A'),
      [
        "error team.participants.1 duplicate_member: 'A' takes part already: for several places of one agent use a graph or a pipeline",
      ],
    ],
    [
      'a nested team without a name where a model chooses between names',
      { type: 'selector', participants: ['A', { type: 'round_robin', participants: ['B'] }] },
      [
        "warning team.participants.1 name_missing: has no `name`: models choose between names here and know it as 'round_robin'",
      ],
    ],
    [
      'a nested team named like an agent, whatever its case',
      inside('A', inner('b', 'B')),
      [
        "error team.participants.1.name duplicate_name: 'b' is the name of an agent: what is not this agent needs another one",
      ],
    ],
    [
      'a reserved name',
      inside('A', inner('User', 'B')),
      ["error team.participants.1.name name_reserved: 'User' is reserved"],
    ],
    [
      'two nested teams of one name',
      inside(inner('x', 'A', inner('y', 'B')), inner('Y', 'C')),
      [
        "error team.participants.0.participants.1.name duplicate_name: 'y' is the name of another team already",
      ],
    ],
    [
      'a node that is named like an agent and runs another',
      { type: 'graph', nodes: [{ id: 'A', run: 'B' }], edges: [] },
      [
        "error team.nodes.0.id duplicate_name: 'A' is the name of an agent: what is not this agent needs another one",
      ],
    ],
    [
      'a manager that takes part',
      { type: 'magentic', manager: 'A', participants: ['A', 'B'] },
      ["error team.manager lead_takes_part: 'A' takes part already: the manager must be somebody else"],
    ],
    [
      'a chair that takes part',
      { type: 'panel', participants: ['A', 'B'], chair: { agent: 'B' } },
      ["error team.chair lead_takes_part: 'B' takes part already: the chair must be somebody else"],
    ],
    [
      'a moderator that takes part',
      { type: 'moderator', moderator: 'A', participants: ['A', 'B'] },
      [
        "error team.participants.0 lead_takes_part: 'A' takes part already: the moderator must be somebody else",
      ],
    ],
    [
      'names in transitions',
      {
        type: 'selector',
        participants: ['A', inner('team', 'B')],
        transitions: { C: ['A'], A: ['B', 'team'] },
      },
      [
        "error team.transitions.C unknown_member: 'C' is no participant of this team; did you mean 'A'?",
        "error team.transitions.A.0 unknown_member: 'B' is no participant of this team; did you mean 'A'?",
      ],
    ],
    [
      'nobody left to speak',
      { type: 'selector', participants: ['A', 'B'], transitions: { A: ['A'] } },
      [
        "error team.transitions.A no_candidate: nobody may follow 'A', since nobody speaks twice in a row: name others, or allow_repeated_speaker",
      ],
    ],
    [
      'names in handoffs',
      { type: 'swarm', participants: ['A', 'B'], handoffs: { A: ['C'], user: ['A'] } },
      [
        "error team.handoffs.A.0 unknown_member: 'C' is no participant of this team; did you mean 'A'?",
        "error team.handoffs.user unknown_member: 'user' is no participant of this team; there are: 'A', 'B'",
      ],
    ],
    [
      'weights of nobody, and none at all',
      { type: 'random', participants: ['A', 'B'], weights: { A: 0, B: 0, Cecilia: 1 } },
      [
        "error team.weights.Cecilia unknown_member: 'Cecilia' is no participant of this team; there are: 'A', 'B'",
        'warning team.weights no_effect: count as equal, since all of them are 0',
      ],
    ],
    [
      'ties for a chair that is not there',
      { type: 'panel', participants: ['A'], vote: 'ranked', ties: 'chair' },
      [
        "error team.ties chair_missing: `ties: 'chair'` needs a `chair`",
        'error team.vote too_few_options: `ranked` needs at least two options, or two participants whose answers are ranked',
      ],
    ],
    [
      'options that are the same',
      { type: 'panel', participants: ['A', 'B'], options: ['x', 'x'] },
      ['error team.options duplicate_option: must differ from each other'],
    ],
    [
      'weights that do not count',
      { type: 'panel', participants: ['A', 'B'], weights: { A: 2 } },
      ["warning team.weights no_effect: count only with `vote: 'weighted'`"],
    ],
    [
      'an agent in two places at once',
      { type: 'panel', participants: ['A', inner('x', 'A', 'B')] },
      ["warning team.participants.1 side_by_side: 'A' speaks here and elsewhere at the same time"],
    ],
  ])('finds %s', (_what, team, expected) => {
    expect(found(team)).toEqual(expected);
  });

  it.each([
    [
      'two nodes of one id',
      graph('AA', []),
      ["error team.nodes.1.id duplicate_node: 'A' is the id of another node of this graph already"],
    ],
    [
      'edges to nowhere',
      graph('AB', ['AB', 'AX'], { start: ['Y'] }),
      [
        "error team.start.0 unknown_node: 'Y' is no node of this graph; did you mean 'A'?",
        "error team.edges.1.to unknown_node: 'X' is no node of this graph; did you mean 'A'?",
        "error team.nodes.0 unreachable_node: no edge leads to 'A' from where the graph begins",
        "error team.nodes.1 unreachable_node: no edge leads to 'B' from where the graph begins",
      ],
    ],
    [
      'no start',
      graph('AB', ['AB', 'BA']),
      [
        'error team.edges no_start: every node has an incoming edge, so nothing is left to begin with: name nodes in `start`',
      ],
    ],
    [
      'a node that is not reached',
      graph('ABC', ['AB', 'CB'], { start: ['A'] }),
      ["error team.nodes.2 unreachable_node: no edge leads to 'C' from where the graph begins"],
    ],
    [
      'a loop that nothing ends',
      graph('ABC', ['AB', 'BC', 'CB', 'CA?'], { start: ['A'] }),
      [
        "error team.edges endless_loop: goes round for ever ('B' → 'C' → 'B'): give an edge a condition, or the team `max_turns` or `stop`",
      ],
    ],
    [
      'a loop that only a condition ends',
      graph('ABC', ['AB', 'BA?', 'BC:'], { start: ['A'] }),
      [
        "warning team.edges loop_without_stop: may go round ('A' → 'B' → 'A') until MAX_TURNS, should its conditions never let it out: give the team `max_turns` or `stop`",
      ],
    ],
    [
      'a node that speaks to itself',
      graph('A', ['AA'], { start: ['A'] }),
      [expect.stringContaining("endless_loop: goes round for ever ('A' → 'A')")],
    ],
    [
      'an `otherwise` alone, and one that is never taken',
      graph('ABC', ['AB:', 'BA', 'BC:'], { start: ['A'], max_turns: 3 }),
      [
        "error team.edges.0.when otherwise_alone: has a meaning only beside edges of 'A' with conditions: leave `when` out",
        "warning team.edges.2.when never_taken: is never taken: another edge of 'B' is always open",
      ],
    ],
    [
      'a node that may have no open edge',
      graph('ABC', ['AB?', 'AC?']),
      [
        "warning team.nodes.0 may_have_no_open_edge: all edges of 'A' have conditions: when none holds the run fails with NO_OPEN_EDGE; add an edge with `otherwise`",
      ],
    ],
    [
      'a pattern that cannot be read',
      {
        ...graph('AB', []),
        edges: [
          { from: 'A', to: 'B', when: { pattern: '(?=x)' } },
          { from: 'A', to: 'B' },
        ],
      },
      [
        expect.stringMatching(
          /^error team\.edges\.0\.when\.pattern pattern_invalid: must be a regular expression in the syntax of RE2: /,
        ),
      ],
    ],
  ])('finds in a graph %s', (_what, team, expected) => {
    expect(found(team)).toEqual(expected);
  });

  it.each([
    ['its own limit', { max_turns: 3 }, {}],
    ['its own rule', { stop: { type: 'text', text: 'x' } }, {}],
    ['a rule of the run', {}, { stop: { type: 'max_messages', messages: 9 } }],
  ])('lets a loop be that ends by %s', (_what, more, request) => {
    expect(found(graph('AB', ['AB', 'BA'], { start: ['A'], ...more }), request)).toEqual([]);
  });

  it('lets a loop be that a team around it ends', () => {
    const loop = { ...graph('AB', ['AB', 'BA'], { start: ['A'] }), name: 'loop' };
    expect(found(inside('C', loop))).toEqual([expect.stringContaining('endless_loop')]);
    expect(found({ ...inside('C', loop), max_turns: 9 })).toEqual([]);
  });

  it.each([
    [
      { type: 'text', text: 'x', from: ['A', 'inner'] },
      [
        "error stop.from.1 unknown_agent: 'inner' is no agent of this request, and only agents say something; there are: 'A', 'B', 'C'",
      ],
    ],
    [
      { all: [{ any: [{ type: 'source', from: ['C'] }] }] },
      ["warning stop.all.0.any.0.from.0 never_speaks: 'C' does not take part here"],
    ],
    [{ type: 'tokens' }, ['error stop limit_missing: needs a limit: total, prompt or completion']],
    [
      { type: 'agreement' },
      ["error stop text_missing: needs `text`, what everybody says, or `by: 'answer'`"],
    ],
    [
      { type: 'agreement', by: 'answer', agents: ['Q'] },
      [expect.stringContaining('stop.agents.0 unknown_agent')],
    ],
    [{ type: 'pattern', pattern: '[' }, [expect.stringContaining('stop.pattern pattern_invalid')]],
    [
      { type: 'pattern', pattern: 'a{1000}b{1000}' },
      [expect.stringContaining('the counts in its braces must not add up to more than 1000')],
    ],
    [
      { type: 'handoff', to: 'user' },
      ['warning stop.to no_handoffs: nobody hands over here: only a swarm or a moderator does'],
    ],
    [{ type: 'handoff', to: 'B' }, [expect.stringContaining('no_handoffs')]],
    [{ type: 'stall' }, []],
  ])('finds in the stop rule %j what does not hold', (stop, expected) => {
    expect(found(inside('A', inner('inner', 'B')), { stop })).toEqual(expected);
  });

  it('knows to whom a swarm inside hands over', () => {
    const team = inside('A', { type: 'swarm', name: 'inner', participants: ['B', 'C'] });
    expect(
      found(team, {
        stop: {
          any: [
            { type: 'handoff', to: 'B' },
            { type: 'handoff', to: 'user' },
          ],
        },
      }),
    ).toEqual([]);
    expect(found(team, { stop: { type: 'handoff', to: 'inner' } })).toEqual([
      expect.stringContaining("'inner' is no member of a team that hands over here"),
    ]);
  });

  it('checks a stop rule beside chat_rules, too', () => {
    expect(found(null, { stop: { type: 'source', from: ['A', 'Q'] } })).toEqual([
      expect.stringContaining('stop.from.1 unknown_agent'),
    ]);
  });

  it('warns of agents that stand nowhere', () => {
    const findings = checkTeam({ team: teamSchema.parse(inside('A')), stop: null, agents: ['A', 'B'] });
    expect(findings).toEqual([
      {
        loc: ['agents', 1],
        type: 'agent_unused',
        severity: 'warning',
        input: 'B',
        message: "'B' stands nowhere in the team and never speaks",
      },
    ]);
  });

  it('refuses what is nested too deep or too large, and looks no further', () => {
    const deep = Array.from({ length: 8 }).reduce<object>(
      (team, _, index) => inner(`t${index}`, team),
      inner('core', 'A'),
    );
    expect(found(deep)).toEqual([
      expect.stringContaining('nested_too_deep: teams must not stand in each other deeper than 8 levels'),
    ]);
    const many = inside(
      ...Array.from({ length: 5 }, (_, team) => inner(`t${team}`, ...Array.from({ length: 60 }, () => 'Q'))),
    );
    expect(found(many)).toEqual([
      'error team too_many_members: all teams together must not have more than 256 members',
    ]);
  });

  it('keeps at most 100 errors and never loses them to warnings', () => {
    const agents = Array.from({ length: 300 }, (_, index) => `agent_${index}`);
    const team = teamSchema.parse(inside('nobody'));
    const findings = checkTeam({ team, stop: null, agents });
    expect(findings.filter(({ severity }) => severity === 'error')).toHaveLength(1);
    expect(findings).toHaveLength(101);
  });

  it('stays quick however many patterns there are', () => {
    const stop = {
      any: Array.from({ length: 32 }, (_, one) => ({
        any: Array.from({ length: 32 }, (_one, two) => ({
          type: 'pattern',
          pattern: `a{1000}${one}_${two}`,
        })),
      })),
    };
    const before = performance.now();
    expect(found(null, { stop })).toHaveLength(100);
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});
