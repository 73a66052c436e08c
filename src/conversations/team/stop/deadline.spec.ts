import { type StopRule } from '../definition/stop-rule';
import { turns } from '../testing/turn-records';
import { deadline } from './deadline';
import { stopMet } from './stop-met';

const seconds = (count: number): StopRule => ({ type: 'active_seconds', seconds: count });
const DONE: StopRule = { type: 'text', text: 'DONE' };

describe('deadline', () => {
  it.each<[string, StopRule, number]>([
    ['the limit of a rule about time', seconds(60), 60_000],
    ['never, for another rule', DONE, Infinity],
    ['the earliest of any', { any: [DONE, seconds(60), seconds(30)] }, 30_000],
    ['the latest of all', { all: [seconds(60), seconds(30)] }, 60_000],
    ['never, where another rule is missing', { all: [seconds(60), DONE] }, Infinity],
    ['what is left where the others hold', { all: [seconds(60), { type: 'max_turns', turns: 2 }] }, 60_000],
    [
      'the earliest way through a tree',
      { any: [{ all: [seconds(10), DONE] }, { all: [seconds(20), { any: [DONE, seconds(40)] }] }] },
      40_000,
    ],
    ['0 for what holds already', { any: [{ type: 'max_turns', turns: 1 }, seconds(60)] }, 0],
    ['0 for time that is over', seconds(2), 0],
  ])('is %s', (_what, rule, expected) => {
    expect(deadline(rule, turns('A', 'B'))).toBe(expected);
  });

  it('is the moment at which the rule comes to hold (trap: a timeout that is looked at between turns only)', () => {
    const rule: StopRule = { any: [DONE, { all: [seconds(60), seconds(70)] }] };
    const at = deadline(rule, turns('A'));
    expect(stopMet(rule, turns('A'), '/stop', { startMs: 0, nowMs: at - 1 })).toBeNull();
    expect(stopMet(rule, turns('A'), '/stop', { startMs: 0, nowMs: at })).toEqual({
      type: 'all',
      turn: 1,
      rule: '/stop/any/1',
    });
  });
});
