import { type StopRule } from './definition/stop-rule';
import { type TeamDefinition, type TeamRules } from './definition/team-definition';
import { type ChatRules, rulesFromChatRules, rulesFromTeam, type TeamDefaults } from './rules';

const DEFAULTS: TeamDefaults = { maxRounds: 12, maxTurns: 1_000, fallback: 'round_robin' };

const names = (count: number): string[] => Array.from({ length: count }, (_item, index) => `A${index + 1}`);
const rulesOf = (chatRules: ChatRules | null | undefined, agentCount = 3, defaults = DEFAULTS): TeamRules =>
  rulesFromChatRules(chatRules, names(agentCount), defaults);
const selector = (overrides: ChatRules = {}): ChatRules => ({ team_type: 'selector', ...overrides });
const turnsOf = (count: number): StopRule => ({ any: [{ type: 'max_turns', turns: count }] });

describe('rulesFromChatRules', () => {
  it('makes a round robin of DEFAULT_MAX_ROUNDS turns without chat_rules', () => {
    expect(rulesOf(null)).toEqual({
      origin: 'chat_rules',
      team: { type: 'round_robin', participants: names(3) },
      stop: turnsOf(12),
      maxTurns: 1_000,
    });
    expect(rulesOf(undefined)).toEqual(rulesOf(null));
  });

  it('makes a round robin of 8 turns of empty chat_rules', () => {
    expect(rulesOf({})).toEqual({ ...rulesOf(null), stop: turnsOf(8) });
  });

  it.each([
    [{ max_rounds: 5 }, 3, 5],
    [{ max_rounds: 2 }, 3, 3],
    [{}, 9, 9],
    [selector({ max_rounds: 1 }), 3, 3],
    [null, 20, 20],
  ])(
    'raises the turns to the number of agents: %j with %d agents → %d',
    (chatRules, agentCount, maxTurns) => {
      expect(rulesOf(chatRules, agentCount).stop).toEqual(turnsOf(maxTurns));
    },
  );

  it.each([null, { max_rounds: 5, termination_condition: 'DONE' }, selector()])(
    'ignores the rules for one agent: %j',
    (chatRules) => {
      expect(rulesOf(chatRules, 1)).toEqual({
        origin: 'single',
        team: { type: 'round_robin', participants: ['A1'] },
        stop: { type: 'max_turns', turns: 1 },
        maxTurns: 1_000,
      });
    },
  );

  it.each([
    [undefined, null],
    [null, null],
    ['', null],
    [' \n', null],
    ['DONE', 'DONE'],
    [' All done. ', 'All done.'],
  ])('takes the termination condition %j as %j', (condition, text) => {
    const turns: StopRule = { type: 'max_turns', turns: 8 };
    const stop: StopRule = { any: text === null ? [turns] : [{ type: 'text', text }, turns] };
    expect(rulesOf({ termination_condition: condition }).stop).toEqual(stop);
    expect(rulesOf(selector({ termination_condition: condition })).stop).toEqual(stop);
  });

  it('makes a selector without repeats, limits and prompt of its own unless asked', () => {
    expect(rulesOf(selector())).toEqual({
      origin: 'chat_rules',
      team: {
        type: 'selector',
        participants: names(3),
        allow_repeated_speaker: false,
        max_attempts: 3,
        fallback: 'round_robin',
      },
      stop: turnsOf(8),
      maxTurns: 1_000,
    });
  });

  it.each<[ChatRules, object]>([
    [{ allow_repeat_speaker: true }, { allow_repeated_speaker: true }],
    [{ selector_prompt: ' Choose {roles} ' }, { selector_prompt: ' Choose {roles} ' }],
    [{ max_consecutive_auto_reply: 2 }, { max_consecutive_turns: 2 }],
  ])('takes over selector rules %j as %j', (chatRules, expected) => {
    expect(rulesOf(selector(chatRules)).team).toEqual({ ...rulesOf(selector()).team, ...expected });
  });

  it.each<ChatRules>([
    { allow_repeat_speaker: null },
    { selector_prompt: ' \n' },
    { selector_prompt: null },
    { max_consecutive_auto_reply: 0 },
    { max_consecutive_auto_reply: -1 },
    { max_consecutive_auto_reply: null },
  ])('takes selector rules %j as none', (chatRules) => {
    expect(rulesOf(selector(chatRules))).toEqual(rulesOf(selector()));
  });

  it('takes the fallback from the defaults', () => {
    expect(rulesOf(selector(), 2, { ...DEFAULTS, fallback: 'fail' }).team).toMatchObject({
      fallback: 'fail',
    });
  });
});

describe('rulesFromTeam', () => {
  const rulesFor = (team: TeamDefinition, stop: StopRule | null = null, defaults = DEFAULTS) =>
    rulesFromTeam(team, stop, defaults);
  const endless: TeamDefinition = { type: 'round_robin', participants: ['A', 'B'] };

  it('takes over the team and its stop rules', () => {
    const stop: StopRule = { type: 'text', text: 'DONE' };
    expect(rulesFor({ ...endless, max_turns: 3 }, stop)).toEqual({
      origin: 'team',
      team: { ...endless, max_turns: 3 },
      stop,
      maxTurns: 1_000,
    });
  });

  it('gives a team that would never end DEFAULT_MAX_ROUNDS turns, at least one for each participant', () => {
    expect(rulesFor(endless).team.max_turns).toBe(12);
    expect(rulesFor({ ...endless, participants: names(20) }).team.max_turns).toBe(20);
  });

  it.each<[string, TeamDefinition, StopRule | null]>([
    ['a stop rule of the run', endless, { type: 'text', text: 'DONE' }],
    ['a stop rule of its own', { ...endless, stop: { type: 'text', text: 'DONE' } }, null],
    ['an end by what it is', { type: 'graph', nodes: [{ id: 'A', join: 'all' }], edges: [] }, null],
  ])('gives a team with %s no further limit', (_what, team, stop) => {
    expect(rulesFor(team, stop).team).toEqual(team);
  });

  it('gives nested teams without an end one round, at any depth, and leaves others alone', () => {
    const ending = { type: 'round_robin', name: 'ending', participants: ['C'], max_turns: 7 } as const;
    const inner = { type: 'round_robin', name: 'inner', participants: ['C', 'D', ending] } as const;
    const middle = { type: 'round_robin', name: 'middle', participants: ['B', inner] } as const;
    const graph: TeamDefinition = {
      type: 'graph',
      nodes: [{ id: 'n', run: middle, join: 'all' }],
      edges: [],
    };
    expect(rulesFor(graph).team).toEqual({
      ...graph,
      nodes: [
        {
          id: 'n',
          join: 'all',
          run: { ...middle, max_turns: 10, participants: ['B', { ...inner, max_turns: 9 }] },
        },
      ],
    });
  });

  it('counts a nested team that ends by what it is as one round in the round around it', () => {
    const panel = {
      type: 'panel',
      name: 'P',
      participants: ['C', 'D', 'E'],
      vote: 'none',
      threshold: 0,
    } as const;
    const inner = {
      type: 'round_robin',
      name: 'inner',
      participants: ['B', { ...panel, may_abstain: true, ties: 'first' }],
    } as const;
    expect(rulesFor({ ...endless, participants: ['A', inner] }).team).toMatchObject({
      participants: ['A', { max_turns: 4 }],
    });
  });

  it('does not take a rule of the run for the end of a nested team', () => {
    const inner = { type: 'round_robin', name: 'inner', participants: ['C', 'D'] } as const;
    const stop: StopRule = { type: 'text', text: 'DONE' };
    expect(rulesFor({ ...endless, participants: ['A', inner] }, stop).team).toEqual({
      ...endless,
      participants: ['A', { ...inner, max_turns: 2 }],
    });
  });

  it('fills in the fallback of selectors, at any depth', () => {
    const own = {
      type: 'selector',
      participants: ['A', 'B'],
      allow_repeated_speaker: false,
      max_attempts: 1,
    } as const;
    const team: TeamDefinition = {
      ...own,
      max_turns: 9,
      participants: [
        'C',
        { ...own, name: 'x', max_turns: 1 },
        { ...own, name: 'y', max_turns: 1, fallback: 'first' },
      ],
    };
    expect(rulesFor(team, null, { ...DEFAULTS, fallback: 'fail' }).team).toMatchObject({
      fallback: 'fail',
      participants: ['C', { fallback: 'fail' }, { fallback: 'first' }],
    });
  });
});
