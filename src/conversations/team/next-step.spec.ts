import { type NextStep, nextStep } from './next-step';
import { type RoundRobinRules, type SelectorRules, type TeamRules } from './team';
import { type TurnRecord } from './turn-record';

const roundRobin = (overrides: Partial<RoundRobinRules> = {}): RoundRobinRules => ({
  type: 'round_robin',
  maxTurns: 100,
  termination: null,
  ...overrides,
});
const selector = (overrides: Partial<SelectorRules> = {}): SelectorRules => ({
  type: 'selector',
  maxTurns: 100,
  termination: null,
  allowRepeatSpeaker: false,
  selectorPrompt: null,
  maxConsecutiveTurns: null,
  fallback: 'round_robin',
  ...overrides,
});

/** Turns in short form: `A`, or `A: what it said`; nothing after the colon is an empty turn. */
const turns = (...parts: string[]): TurnRecord[] =>
  parts.map((part, index) => {
    const [speaker = '', text = 'something'] = part.split(': ');
    return { turn: index + 1, speaker, state: text === '' ? 'empty' : 'completed', text };
  });

const TEAM = ['A', 'B', 'C'];

/** Plays a run to its end: who spoke, and the step that ended it. A selector takes the last candidate. */
function play(rules: TeamRules, names: readonly string[] = TEAM, say: (turn: number) => string = () => 'x') {
  const records: TurnRecord[] = [];
  let step: NextStep = nextStep(rules, names, records);
  while (step.kind !== 'end' && records.length < 200) {
    const speaker: string = step.kind === 'speak' ? step.speaker : (step.candidates.at(-1) ?? '');
    const text = say(records.length + 1);
    records.push({ turn: records.length + 1, speaker, state: text === '' ? 'empty' : 'completed', text });
    step = nextStep(rules, names, records);
  }
  return { order: records.map(({ speaker }) => speaker).join(''), step, records };
}

describe('nextStep', () => {
  describe('single', () => {
    it('lets the one agent speak once, then ends', () => {
      expect(nextStep({ type: 'single' }, ['A'], [])).toEqual({
        kind: 'speak',
        speaker: 'A',
        method: 'single',
        candidates: ['A'],
      });
      expect(nextStep({ type: 'single' }, ['A'], turns('A'))).toEqual({
        kind: 'end',
        reason: { type: 'single_reply', turn: 1 },
      });
    });

    it('ends after an empty reply, too', () => {
      expect(nextStep({ type: 'single' }, ['A'], turns('A: '))).toMatchObject({ kind: 'end' });
    });
  });

  describe('round robin', () => {
    it('lets agents speak in their order, over and over', () => {
      expect(play(roundRobin({ maxTurns: 7 }))).toMatchObject({
        order: 'ABCABCA',
        step: { reason: { type: 'max_turns', turn: 7 } },
      });
    });

    it('says who may speak and why', () => {
      expect(nextStep(roundRobin(), TEAM, turns('A'))).toEqual({
        kind: 'speak',
        speaker: 'B',
        method: 'round_robin',
        candidates: ['B'],
      });
    });

    it('keeps its place when the run goes on with more turns (trap: the pointer outlives a stop)', () => {
      const { records, order } = play(roundRobin({ maxTurns: 4 }));
      expect(order).toBe('ABCA');
      expect(nextStep(roundRobin({ maxTurns: 6 }), TEAM, records)).toMatchObject({ speaker: 'B' });
    });

    it('gives an empty turn its place in the order', () => {
      expect(nextStep(roundRobin(), TEAM, turns('A', 'B: '))).toMatchObject({ speaker: 'C' });
    });

    it('is not moved by turns of someone outside the team', () => {
      expect(nextStep(roundRobin(), TEAM, turns('A', 'Guest'))).toMatchObject({ speaker: 'B' });
      expect(nextStep(roundRobin(), TEAM, turns('Guest'))).toMatchObject({ speaker: 'A' });
    });
  });

  describe('stop rules', () => {
    it('counts turns of agents only (trap: the task counts as a message)', () => {
      expect(play(roundRobin({ maxTurns: 1 })).order).toBe('A');
    });

    it('counts empty turns', () => {
      expect(play(roundRobin({ maxTurns: 3 }), TEAM, () => '')).toMatchObject({
        order: 'ABC',
        step: { reason: { type: 'max_turns', turn: 3 } },
      });
    });

    it('never goes past the limit, not even with more turns than allowed', () => {
      expect(nextStep(roundRobin({ maxTurns: 2 }), TEAM, turns('A', 'B', 'C'))).toEqual({
        kind: 'end',
        reason: { type: 'max_turns', turn: 3 },
      });
    });

    it('speaks before any rule is looked at (trap: a stop word in the task ends the run at once)', () => {
      expect(nextStep(roundRobin({ termination: 'DONE' }), TEAM, [])).toMatchObject({
        kind: 'speak',
        speaker: 'A',
      });
    });

    it.each([
      ['the text alone', 'A: DONE', true],
      ['the text amid a message', 'A: we are DONE, friends', true],
      ['the text as part of a word', 'A: ABANDONED and xDONEx', true],
      ['another case', 'A: done', false],
      ['an empty turn', 'A: ', false],
      ['the text in a name', 'DONE', false],
    ])('ends at the termination text: %s', (_what, turn, ends) => {
      expect(nextStep(roundRobin({ termination: 'DONE' }), TEAM, turns(turn)).kind).toBe(
        ends ? 'end' : 'speak',
      );
    });

    it('tells which text ended the run, and when', () => {
      expect(nextStep(roundRobin({ termination: 'DONE' }), TEAM, turns('A', 'B: DONE'))).toEqual({
        kind: 'end',
        reason: { type: 'termination', turn: 2, detail: 'DONE' },
      });
    });

    it('takes signs of patterns in the text as they are', () => {
      expect(nextStep(roundRobin({ termination: '.*' }), TEAM, turns('A')).kind).toBe('speak');
      expect(nextStep(roundRobin({ termination: '.*' }), TEAM, turns('A: x.*x')).kind).toBe('end');
    });

    it('looks at the last message only, so a run can go on after it ended', () => {
      expect(nextStep(roundRobin({ termination: 'DONE' }), TEAM, turns('A: DONE', 'B'))).toMatchObject({
        kind: 'speak',
      });
    });

    it('names the condition when both rules hold (trap: the condition wins over max_turns)', () => {
      expect(
        nextStep(roundRobin({ maxTurns: 1, termination: 'DONE' }), TEAM, turns('A: DONE')),
      ).toMatchObject({
        reason: { type: 'termination' },
      });
    });

    it('keeps nothing between calls: the same turns give the same step (trap: counters that survive)', () => {
      const rules = roundRobin({ maxTurns: 3, termination: 'DONE' });
      const { records } = play(rules);
      for (let length = records.length; length >= 0; length -= 1) {
        const some = records.slice(0, length);
        expect(nextStep(rules, TEAM, some)).toEqual(nextStep({ ...rules }, [...TEAM], structuredClone(some)));
      }
    });

    it('ends a selector run by the same rules', () => {
      expect(nextStep(selector({ maxTurns: 2 }), TEAM, turns('A', 'B'))).toMatchObject({
        reason: { type: 'max_turns', turn: 2 },
      });
      expect(nextStep(selector({ termination: 'DONE' }), TEAM, turns('A: DONE'))).toMatchObject({
        reason: { type: 'termination' },
      });
    });
  });

  describe('selector', () => {
    it('asks the model about everybody at first', () => {
      expect(nextStep(selector(), TEAM, [])).toEqual({ kind: 'select', candidates: TEAM });
    });

    it('leaves out the previous speaker without repeats', () => {
      expect(nextStep(selector(), TEAM, turns('A', 'B'))).toEqual({ kind: 'select', candidates: ['A', 'C'] });
    });

    it('needs no model for one candidate (two agents without repeats alternate)', () => {
      expect(nextStep(selector(), ['A', 'B'], [])).toMatchObject({ kind: 'select' });
      expect(nextStep(selector(), ['A', 'B'], turns('B'))).toEqual({
        kind: 'speak',
        speaker: 'A',
        method: 'only_candidate',
        candidates: ['A'],
      });
      expect(play(selector({ maxTurns: 5 }), ['A', 'B']).order).toBe('BABAB');
    });

    it('always asks with repeats', () => {
      expect(nextStep(selector({ allowRepeatSpeaker: true }), ['A', 'B'], turns('B'))).toMatchObject({
        kind: 'select',
        candidates: ['A', 'B'],
      });
    });
  });

  it('refuses a team of nobody', () => {
    expect(() => nextStep(roundRobin(), [], [])).toThrow('at least one agent');
    expect(() => nextStep(selector(), [], [])).toThrow('at least one agent');
  });
});
