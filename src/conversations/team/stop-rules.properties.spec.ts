import * as fc from 'fast-check';
import { type StopRule } from './definition/stop-rule';
import { deadline } from './stop/deadline';
import { stopMet } from './stop/stop-met';
import { turnsLeft } from './stop/turn-limits';
import { arbitraryLeaf, arbitraryStop } from './testing/arbitrary-stop';
import { earliestTurn } from './testing/naive-stop';
import { aTurn } from './testing/turn-records';
import { AGENTS, VOCABULARY } from './testing/vocabulary';
import { type TurnRecord } from './turn-record';

const SEED = 20_261_125;

const arbitraryTurns: fc.Arbitrary<TurnRecord[]> = fc
  .array(
    fc.record({
      speaker: fc.constantFrom(...AGENTS),
      words: fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 6 }),
      kind: fc.constantFrom('reply', 'reply', 'reply', 'reply', 'ballot', 'plan', 'final', 'skip'),
      handoff: fc.constantFrom(null, null, ...AGENTS, 'user'),
      tools: fc.constantFrom([], [], ['add'], ['other', 'look_up']),
      promptTokens: fc.nat(40),
      completionTokens: fc.nat(20),
      tookMs: fc.nat(4_000),
    }),
    { maxLength: 24 },
  )
  .map((list) =>
    list.map(({ words, kind, tookMs, ...rest }, index) =>
      aTurn(index + 1, rest.speaker, {
        ...rest,
        kind,
        ...(kind === 'skip'
          ? { text: '', state: 'skipped', handoff: null, tools: [] }
          : { text: words.join(' ') }),
        activeMs: index * 1_000 + tookMs,
      }),
    ),
  );

/** The part of a rule at a pointer. */
function partAt(rule: StopRule, pointer: string): StopRule | undefined {
  const [, list, index, ...rest] = pointer.split('/');
  if (list === undefined) {
    return rule;
  }
  const parts = 'any' in rule && list === 'any' ? rule.any : 'all' in rule && list === 'all' ? rule.all : [];
  const part = parts[Number(index)];
  return part && partAt(part, rest.map((step) => `/${step}`).join(''));
}

describe('stop rules on any turns', () => {
  it.each([
    ['one rule', arbitraryLeaf, 1_500],
    ['rules within rules', arbitraryStop, 500],
  ])('hold with the turn that plain reading finds: %s', (_what, rules, numRuns) => {
    fc.assert(
      fc.property(rules, arbitraryTurns, (rule, records) => {
        expect(stopMet(rule, records, '')?.turn ?? null).toBe(earliestTurn(rule, records));
      }),
      { seed: SEED, numRuns },
    );
  });

  it('name a rule that holds with that turn', () => {
    fc.assert(
      fc.property(arbitraryStop, arbitraryTurns, (rule, records) => {
        const met = stopMet(rule, records, '');
        fc.pre(met !== null);
        const part = partAt(rule, met.rule);
        expect(part && ('all' in part ? 'all' : 'any' in part ? 'any' : part.type)).toBe(met.type);
        expect(part && earliestTurn(part, records)).toBe(met.turn);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('hold from their turn on, and never before, whatever was asked in between', () => {
    fc.assert(
      fc.property(arbitraryStop, arbitraryTurns, (rule, records) => {
        const met = stopMet(rule, records, '');
        for (let length = records.length; length >= 0; length -= 1) {
          const expected = met !== null && length >= met.turn ? met : null;
          expect(stopMet(rule, records.slice(0, length), '')).toEqual(expected);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('hold at their deadline, and not a moment before', () => {
    fc.assert(
      fc.property(arbitraryStop, arbitraryTurns, (rule, records) => {
        const at = deadline(rule, records);
        const heldAt = (nowMs: number) => stopMet(rule, records, '', { startMs: 0, nowMs }) !== null;
        fc.pre(!heldAt(0));
        expect(at).toBeGreaterThan(0);
        expect(heldAt(at - 1)).toBe(false);
        expect(heldAt(at)).toBe(at < Infinity);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('leave as many turns as it takes to meet a limit of turns', () => {
    fc.assert(
      fc.property(arbitraryStop, arbitraryTurns, (rule, records) => {
        const left = turnsLeft(rule, records);
        fc.pre(stopMet(rule, records, '') === null && left < 40);
        const more = Array.from({ length: left }, (_item, index) => aTurn(records.length + index + 1, 'Z'));
        expect(left).toBeGreaterThan(0);
        expect(stopMet(rule, [...records, ...more], '')).not.toBeNull();
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
