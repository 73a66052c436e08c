import { type ChatRules, type TeamRules, teamRulesFrom } from './team';

const rulesOf = (chatRules: ChatRules | null, agentCount = 3): TeamRules =>
  teamRulesFrom(chatRules, agentCount, { maxRounds: 12 });

const selector = (overrides: ChatRules = {}): ChatRules => ({ team_type: 'selector', ...overrides });

describe('teamRulesFrom', () => {
  it('makes a round robin of DEFAULT_MAX_ROUNDS turns without chat_rules', () => {
    expect(rulesOf(null)).toEqual({ type: 'round_robin', maxTurns: 12, termination: null });
    expect(teamRulesFrom(undefined, 3, { maxRounds: 12 })).toEqual(rulesOf(null));
  });

  it('makes a round robin of 8 turns of empty chat_rules', () => {
    expect(rulesOf({})).toEqual({ type: 'round_robin', maxTurns: 8, termination: null });
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
      expect(rulesOf(chatRules, agentCount)).toMatchObject({ maxTurns });
    },
  );

  it.each([null, { max_rounds: 5, termination_condition: 'DONE' }, selector()])(
    'ignores the rules for one agent: %j',
    (chatRules) => {
      expect(rulesOf(chatRules, 1)).toEqual({ type: 'single' });
    },
  );

  it.each([
    [undefined, null],
    [null, null],
    ['', null],
    [' \n', null],
    ['DONE', 'DONE'],
    [' All done. ', 'All done.'],
  ])('takes the termination condition %j as %j', (condition, termination) => {
    expect(rulesOf({ termination_condition: condition })).toMatchObject({ termination });
    expect(rulesOf(selector({ termination_condition: condition }))).toMatchObject({ termination });
  });

  it('makes a selector without repeats, limits and prompt of its own unless asked', () => {
    expect(rulesOf(selector())).toEqual({
      type: 'selector',
      maxTurns: 8,
      termination: null,
      allowRepeatSpeaker: false,
      selectorPrompt: null,
      maxConsecutiveTurns: null,
      fallback: 'round_robin',
    });
  });

  it.each<[ChatRules, object]>([
    [{ allow_repeat_speaker: true }, { allowRepeatSpeaker: true }],
    [{ allow_repeat_speaker: null }, { allowRepeatSpeaker: false }],
    [{ selector_prompt: ' \n' }, { selectorPrompt: null }],
    [{ selector_prompt: ' Choose {roles} ' }, { selectorPrompt: ' Choose {roles} ' }],
    [{ max_consecutive_auto_reply: 2 }, { maxConsecutiveTurns: 2 }],
    [{ max_consecutive_auto_reply: 0 }, { maxConsecutiveTurns: null }],
    [{ max_consecutive_auto_reply: -1 }, { maxConsecutiveTurns: null }],
    [{ max_consecutive_auto_reply: null }, { maxConsecutiveTurns: null }],
  ])('takes over selector rules %j as %j', (chatRules, expected) => {
    expect(rulesOf(selector(chatRules))).toMatchObject(expected);
  });

  it('takes the fallback from the defaults', () => {
    expect(teamRulesFrom(selector(), 2, { maxRounds: 8, fallback: 'fail' })).toMatchObject({
      fallback: 'fail',
    });
  });
});
