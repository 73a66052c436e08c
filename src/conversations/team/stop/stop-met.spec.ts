import { type StopRule } from '../definition/stop-rule';
import { aTurn, turns } from '../testing/turn-records';
import { stopMet } from './stop-met';

const text = (wanted: string): StopRule => ({ type: 'text', text: wanted });
const maxTurns = (count: number): StopRule => ({ type: 'max_turns', turns: count });

describe('stopMet', () => {
  it('is null as long as no rule holds', () => {
    expect(stopMet({ any: [text('X'), maxTurns(3)] }, turns('A', 'B'), '/stop')).toBeNull();
    expect(stopMet({ all: [text('X'), maxTurns(1)] }, turns('A', 'B'), '/stop')).toBeNull();
    expect(stopMet(text('X'), [], '/stop')).toBeNull();
  });

  it('names the rule in the tree', () => {
    const rule: StopRule = { any: [text('X'), { all: [text('Y'), { any: [maxTurns(9), text('Z')] }] }] };
    expect(stopMet(rule, turns('A: X'), '/stop')).toEqual({
      type: 'text',
      turn: 1,
      rule: '/stop/any/0',
      detail: 'X',
    });
    expect(stopMet(rule, turns('A: Y', 'B: Z'), '/stop')).toEqual({
      type: 'all',
      turn: 2,
      rule: '/stop/any/1',
    });
  });

  describe('any', () => {
    it('tells of the rule that came to hold first, wherever it stands', () => {
      expect(stopMet({ any: [text('X'), maxTurns(1)] }, turns('A', 'B: X'), '')).toMatchObject({
        type: 'max_turns',
        turn: 1,
      });
    });

    it('tells of the first in the list when several come to hold with one turn', () => {
      expect(stopMet({ any: [text('X'), maxTurns(1)] }, turns('A: X'), '')).toMatchObject({ type: 'text' });
      expect(stopMet({ any: [maxTurns(1), text('X')] }, turns('A: X'), '')).toMatchObject({
        type: 'max_turns',
      });
    });
  });

  describe('all', () => {
    it.each([
      ['in the order of the list', ['A: X', 'B', 'A: Y']],
      ['in another order', ['A: Y', 'B', 'A: X']],
    ])('holds once each rule has held, %s', (_what, parts) => {
      const rule: StopRule = { all: [text('X'), text('Y')] };
      expect(stopMet(rule, turns(...parts.slice(0, 2)), '')).toBeNull();
      expect(stopMet(rule, turns(...parts), '')).toMatchObject({ type: 'all', turn: 3 });
    });

    it('counts a rule that held before and would not hold of the last message', () => {
      expect(stopMet({ all: [text('X'), maxTurns(3)] }, turns('A: X', 'B', 'C'), '')).toMatchObject({
        turn: 3,
      });
    });
  });

  describe('traps of others', () => {
    it('the task is no message: it neither ends a run by a stop word nor counts', () => {
      expect(stopMet(text('DONE'), [], '')).toBeNull();
      expect(stopMet({ type: 'max_messages', messages: 1 }, [], '')).toBeNull();
      expect(stopMet({ type: 'source', from: ['user'] }, [], '')).toBeNull();
      expect(stopMet({ type: 'max_messages', messages: 1 }, turns('A'), '')).toHaveProperty('turn', 1);
    });

    it('a stop word in thinking ends nothing', () => {
      const thought = [aTurn(1, 'A', { thinking: 'Am I DONE? answer: 1', text: 'not yet' })];
      expect(stopMet(text('DONE'), thought, '')).toBeNull();
      expect(stopMet({ type: 'pattern', pattern: 'DONE', ignore_case: true }, thought, '')).toBeNull();
    });

    it('a source is one that said something, not one with an event of any kind', () => {
      const silent = [
        aTurn(1, 'A', { text: '', tools: ['add'] }),
        aTurn(2, 'T', { kind: 'skip', state: 'skipped', text: '' }),
      ];
      expect(stopMet({ type: 'source', from: ['A', 'T'] }, silent, '')).toBeNull();
    });

    it('tokens are those of all calls, the choice of the speaker and failed attempts included', () => {
      const choice = {
        method: 'selector',
        candidates: ['A', 'B'],
        attempts: 2,
        raw: 'A',
        tokens: 90,
      } as const;
      const record = aTurn(1, 'A', { choice, promptTokens: 95, completionTokens: 5 });
      expect(stopMet({ type: 'tokens', total: 100 }, [record], '')).toHaveProperty('turn', 1);
      expect(stopMet({ type: 'tokens', total: 101 }, [record], '')).toBeNull();
    });

    it('a turn without a known number of tokens counts as none and ends nothing', () => {
      const record = aTurn(1, 'A', { promptTokens: 0, completionTokens: 0 });
      expect(stopMet({ type: 'tokens', total: 1 }, [record], '')).toBeNull();
    });

    it('no condition is used up: the same rule tells the same of the same turns, and of fewer and other ones', () => {
      const rule: StopRule = {
        any: [
          { type: 'pattern', pattern: 'DONE', ignore_case: false },
          { type: 'stall', turns: 2, similarity: 1 },
          { type: 'repetition', words: 2, times: 2 },
          { type: 'agreement', by: 'answer', share: 1 },
        ],
      };
      const long = turns('A: one', 'B: two', 'A: three', 'B: DONE');
      const other = turns('A: yes', 'B: yes');
      for (let round = 0; round < 2; round += 1) {
        expect(stopMet(rule, long, '')).toMatchObject({ type: 'pattern', turn: 4 });
        expect(stopMet(rule, long.slice(0, 3), '')).toBeNull();
        expect(stopMet(rule, other, '')).toMatchObject({ type: 'agreement', turn: 2 });
        expect(stopMet(rule, [...other.slice(0, 1), ...long.slice(3)], '')).toMatchObject({ turn: 4 });
      }
    });

    it('counters are those of the turns: a resumed run has no fresh budget', () => {
      const rule: StopRule = {
        any: [
          { type: 'tokens', total: 45 },
          { type: 'active_seconds', seconds: 60 },
        ],
      };
      const before = turns('A', 'B');
      const restored: typeof before = JSON.parse(JSON.stringify(before)) as typeof before;
      expect(stopMet(rule, before, '')).toBeNull();
      expect(stopMet(rule, [...restored, aTurn(3, 'A')], '')).toMatchObject({ type: 'tokens', turn: 3 });
    });

    it('time is the active time of the run, not that since the rule was made', () => {
      const rule: StopRule = { type: 'active_seconds', seconds: 0.001 };
      expect(stopMet(rule, [], '')).toBeNull();
      expect(stopMet(rule, [aTurn(1, 'A', { activeMs: 0 })], '')).toBeNull();
    });

    it('each turn of a step of several is seen, not only that which ended last', () => {
      const step = [
        aTurn(1, 'A', { text: 'DONE', activeMs: 100 }),
        aTurn(2, 'B', { text: 'slow', activeMs: 900 }),
      ];
      expect(stopMet(text('DONE'), step, '')).toMatchObject({ turn: 1 });
      expect(stopMet({ type: 'max_messages', messages: 1 }, step, '')).toMatchObject({ turn: 1 });
    });
  });
});
