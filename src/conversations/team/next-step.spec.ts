import { nextStep, type TeamRun } from './next-step';
import { type ChatRules, rulesFromChatRules } from './rules';
import { aRun, play } from './testing/play';
import { aTurn, turns } from './testing/turn-records';
import { type TurnRecord } from './turn-record';

const TEAM = ['A', 'B', 'C'];

/** A run of the old contract. */
const chat = (chatRules: ChatRules = {}, agents: readonly string[] = TEAM): TeamRun => ({
  rules: rulesFromChatRules({ max_rounds: 100, ...chatRules }, agents, {
    maxRounds: 12,
    maxTurns: 1_000,
    fallback: 'round_robin',
  }),
  task: 'Say DONE at the end',
  roles: new Map(),
  rootSeed: 1,
  seedKey: 1,
});
const selector = (chatRules: ChatRules = {}, agents?: readonly string[]) =>
  chat({ team_type: 'selector', ...chatRules }, agents);

/** Who comes next, and why; what comes next where that is not a turn. */
function coming(run: TeamRun, records: readonly TurnRecord[]) {
  const step = nextStep(run, records);
  switch (step.kind) {
    case 'turns':
      return step.turns.map(({ speaker, choice }) => ({
        speaker,
        method: choice.method,
        candidates: choice.candidates,
      }));
    case 'ask':
      return { asked: step.questions.map(({ question }) => question.candidates) };
    default:
      return step;
  }
}

const speaks = (speaker: string) => [expect.objectContaining({ speaker })];

describe('nextStep', () => {
  describe('with one agent', () => {
    it('lets it speak once, then ends', () => {
      const run = chat({}, ['A']);
      expect(coming(run, [])).toEqual([{ speaker: 'A', method: 'single', candidates: ['A'] }]);
      expect(nextStep(run, turns('A'))).toEqual({ kind: 'end', reason: { type: 'single_reply', turn: 1 } });
    });

    it('ends after an empty reply, too', () => {
      expect(nextStep(chat({}, ['A']), turns('A: '))).toMatchObject({ kind: 'end' });
    });
  });

  describe('in round robin', () => {
    it('lets agents speak in their order, over and over', () => {
      const { order, last } = play(chat({ max_rounds: 7 }));
      expect(order.join('')).toBe('ABCABCA');
      expect(last).toEqual({ kind: 'end', reason: { type: 'max_turns', turn: 7 } });
    });

    it('says who may speak and why', () => {
      expect(coming(chat(), turns('A'))).toEqual([
        { speaker: 'B', method: 'round_robin', candidates: ['B'] },
      ]);
    });

    it('keeps its place when the run goes on with more turns (trap: the pointer outlives a stop)', () => {
      const { records, order } = play(chat({ max_rounds: 4 }));
      expect(order.join('')).toBe('ABCA');
      expect(coming(chat({ max_rounds: 6 }), records)).toEqual(speaks('B'));
    });

    it('gives an empty turn its place in the order', () => {
      expect(coming(chat(), turns('A', 'B: '))).toEqual(speaks('C'));
    });

    it('is not moved by turns of someone outside the team', () => {
      expect(coming(chat(), turns('A', 'Guest'))).toEqual(speaks('B'));
      expect(coming(chat(), turns('Guest'))).toEqual(speaks('A'));
    });
  });

  describe('stop rules of the old contract', () => {
    it('count turns of agents only (trap: the task counts as a message)', () => {
      expect(play(chat({ max_rounds: 1 }, ['A', 'B'])).order.join('')).toBe('AB');
      expect(play(aRun({ type: 'round_robin', participants: TEAM, max_turns: 1 })).order).toEqual(['A']);
    });

    it('count empty turns', () => {
      const { order, last } = play(chat({ max_rounds: 3 }), { say: () => '' });
      expect(order.join('')).toBe('ABC');
      expect(last).toMatchObject({ reason: { type: 'max_turns', turn: 3 } });
    });

    it('never go past the limit, not even with more turns than allowed', () => {
      expect(nextStep(chat({ max_rounds: 3 }), turns('A', 'B', 'C', 'A'))).toEqual({
        kind: 'end',
        reason: { type: 'max_turns', turn: 3 },
      });
    });

    it('are not about the task (trap: a stop word in the task ends the run at once)', () => {
      expect(coming(chat({ termination_condition: 'DONE' }), [])).toEqual(speaks('A'));
    });

    it.each([
      ['the text alone', 'A: DONE', true],
      ['the text amid a message', 'A: we are DONE, friends', true],
      ['the text as part of a word', 'A: ABANDONED and xDONEx', true],
      ['another case', 'A: done', false],
      ['an empty turn', 'A: ', false],
      ['the text in a name', 'DONE', false],
    ])('end at the termination text: %s', (_what, turn, ends) => {
      expect(nextStep(chat({ termination_condition: 'DONE' }), turns(turn)).kind).toBe(
        ends ? 'end' : 'turns',
      );
    });

    it('tell which text ended the run, and when', () => {
      expect(nextStep(chat({ termination_condition: 'DONE' }), turns('A', 'B: DONE'))).toEqual({
        kind: 'end',
        reason: { type: 'termination', turn: 2, detail: 'DONE' },
      });
    });

    it('take signs of patterns in the text as they are', () => {
      const run = chat({ termination_condition: '.*' });
      expect(nextStep(run, turns('A')).kind).toBe('turns');
      expect(nextStep(run, turns('A: x.*x')).kind).toBe('end');
    });

    it('hold once they held, whatever was said since', () => {
      expect(nextStep(chat({ termination_condition: 'DONE' }), turns('A: DONE', 'B'))).toMatchObject({
        reason: { type: 'termination', turn: 1 },
      });
    });

    it('name the text when both rules hold (trap: the condition wins over max_turns)', () => {
      const run = chat({ max_rounds: 2, termination_condition: 'DONE' }, ['A', 'B']);
      expect(nextStep(run, turns('A', 'B: DONE'))).toMatchObject({ reason: { type: 'termination' } });
    });

    it('keep nothing between calls: the same turns give the same step (trap: counters that survive)', () => {
      const run = chat({ max_rounds: 3, termination_condition: 'DONE' });
      const { records } = play(run);
      for (let length = records.length; length >= 0; length -= 1) {
        const some = records.slice(0, length);
        expect(nextStep(run, some)).toEqual(nextStep(structuredClone(run), structuredClone(some)));
      }
    });

    it('end a selector run, too', () => {
      expect(nextStep(selector({ max_rounds: 3 }), turns('A', 'B', 'C'))).toMatchObject({
        reason: { type: 'max_turns', turn: 3 },
      });
      expect(nextStep(selector({ termination_condition: 'DONE' }), turns('A: DONE'))).toMatchObject({
        reason: { type: 'termination' },
      });
    });
  });

  describe('with a selector', () => {
    it('asks the model about everybody at first', () => {
      expect(coming(selector(), [])).toEqual({ asked: [TEAM] });
    });

    it('leaves out the previous speaker without repeats', () => {
      expect(coming(selector(), turns('A', 'B'))).toEqual({ asked: [['A', 'C']] });
    });

    it('needs no model for one candidate (two agents without repeats alternate)', () => {
      const pair = selector({ max_rounds: 5 }, ['A', 'B']);
      expect(coming(pair, [])).toEqual({ asked: [['A', 'B']] });
      expect(coming(pair, turns('B'))).toEqual([
        { speaker: 'A', method: 'only_candidate', candidates: ['A'] },
      ]);
      expect(play(pair, { answer: ({ candidates }) => candidates.at(-1) ?? '' }).order.join('')).toBe(
        'BABAB',
      );
    });

    it('always asks with repeats', () => {
      expect(coming(selector({ allow_repeat_speaker: true }, ['A', 'B']), turns('B'))).toEqual({
        asked: [['A', 'B']],
      });
    });

    it('takes the turn that the answer names, with how it was chosen', () => {
      const run = selector();
      const step = nextStep(run, turns('A'));
      const [open] = step.kind === 'ask' ? step.questions : [];
      const choice = {
        method: 'selector',
        candidates: ['B', 'C'],
        attempts: 2,
        raw: 'C!',
        tokens: 9,
      } as const;
      const decisions = new Map([[open?.key ?? '', { value: 'C', choice }]]);
      expect(nextStep(run, turns('A'), decisions)).toMatchObject({
        kind: 'turns',
        turns: [{ speaker: 'C', choice, decidedBy: [open?.key] }],
      });
    });

    it('takes no answer for another turn than that it was asked for', () => {
      const run = selector();
      const first = nextStep(run, []);
      const [open] = first.kind === 'ask' ? first.questions : [];
      const choice = { method: 'selector', candidates: TEAM, attempts: 1, raw: 'A', tokens: 0 } as const;
      const decisions = new Map([[open?.key ?? '', { value: 'A', choice }]]);
      expect(nextStep(run, turns('A'), decisions).kind).toBe('ask');
    });
  });

  describe('ends', () => {
    const both = aRun(
      {
        type: 'round_robin',
        participants: TEAM,
        max_turns: 2,
        stop: { any: [{ type: 'text', text: 'ENOUGH' }] },
      },
      { stop: { all: [{ type: 'text', text: 'DONE' }] } },
    );

    it.each([
      ['the rule of the run', ['A: DONE'], { type: 'all', turn: 1, rule: '/stop' }],
      [
        'the rule of the team',
        ['A: ENOUGH'],
        { type: 'text', turn: 1, rule: '/team/stop/any/0', detail: 'ENOUGH' },
      ],
      ['the limit of the team', ['A', 'B'], { type: 'max_turns', turn: 2, rule: '/team/max_turns' }],
      [
        'the rule of the team before its limit',
        ['A', 'B: ENOUGH'],
        { type: 'text', turn: 2, rule: '/team/stop/any/0', detail: 'ENOUGH' },
      ],
      [
        'the rule of the run before those of the team',
        ['A', 'B: ENOUGH DONE'],
        { type: 'all', turn: 2, rule: '/stop' },
      ],
    ])('by %s', (_what, said, reason) => {
      expect(nextStep(both, turns(...said))).toEqual({ kind: 'end', reason });
    });

    it('at the limit of the server, whatever the rules say', () => {
      const run = aRun(
        { type: 'round_robin', participants: TEAM },
        { stop: { type: 'text', text: 'never' } },
      );
      const { last, records } = play(run);
      expect(records).toHaveLength(run.rules.maxTurns);
      expect(last).toEqual({
        kind: 'end',
        reason: { type: 'max_turns', turn: run.rules.maxTurns, detail: 'MAX_TURNS' },
      });
    });

    it('by active time that is over within a turn, in the run and in its outermost team', () => {
      const rule = { type: 'active_seconds', seconds: 90 } as const;
      const team = { type: 'round_robin', participants: TEAM, max_turns: 9 } as const;
      const inRun = aRun(team, { stop: { any: [rule] } });
      const inTeam = aRun({ ...team, stop: rule });
      for (const run of [inRun, inTeam]) {
        expect(nextStep(run, [aTurn(1, 'A')], new Map(), 89_999).kind).toBe('turns');
      }
      expect(nextStep(inRun, [aTurn(1, 'A')], new Map(), 90_000)).toEqual({
        kind: 'end',
        reason: { type: 'active_seconds', turn: 1, rule: '/stop/any/0' },
      });
      expect(nextStep(inTeam, [], new Map(), 90_000)).toEqual({
        kind: 'end',
        reason: { type: 'active_seconds', turn: 0, rule: '/team/stop' },
      });
    });
  });

  it('refuses a team of nobody', () => {
    expect(() => nextStep(chat({}, []), [])).toThrow('at least one participant');
    expect(() => nextStep(selector({}, []), [])).toThrow('at least one participant');
  });
});
