import { nextStep } from './next-step';
import { rulesFromChatRules, withAddedStop } from './rules';
import { type StopRule } from './definition/stop-rule';
import { turns } from './testing/turn-records';

describe('a stop rule beside chat_rules', () => {
  const defaults = { maxRounds: 8, maxTurns: 1000, fallback: 'round_robin' } as const;
  const chatRules = { max_rounds: 4, termination_condition: 'DONE' };
  const after = (texts: readonly string[], stop: StopRule, agents = ['A', 'B']) =>
    nextStep(
      {
        rules: withAddedStop(rulesFromChatRules(chatRules, agents, defaults), stop),
        task: '',
        roles: new Map(),
        rootSeed: 1,
        seedKey: 1,
      },
      turns(...texts.map((text) => `A: ${text}`)),
    );

  it('is told with its place in the request', () => {
    expect(after(['enough'], { any: [{ type: 'text', text: 'enough' }] })).toEqual({
      kind: 'end',
      reason: { type: 'text', turn: 1, rule: '/stop/any/0', detail: 'enough' },
    });
    expect(after(['enough'], { type: 'text', text: 'enough' })).toMatchObject({ reason: { rule: '/stop' } });
  });

  it('leaves the old rules and their reasons as they were', () => {
    const never = { type: 'text', text: 'never' } as const;
    expect(after(['DONE'], never)).toEqual({
      kind: 'end',
      reason: { type: 'termination', turn: 1, detail: 'DONE' },
    });
    expect(after(['a', 'b', 'c', 'd'], never)).toEqual({
      kind: 'end',
      reason: { type: 'max_turns', turn: 4 },
    });
    expect(after(['a'], never, ['A'])).toEqual({ kind: 'end', reason: { type: 'single_reply', turn: 1 } });
    expect(after(['a'], never)).toMatchObject({ kind: 'turns' });
  });

  it('changes nothing when there is none', () => {
    const rules = rulesFromChatRules(chatRules, ['A', 'B'], defaults);
    expect(withAddedStop(rules, null)).toEqual(rules);
  });
});
