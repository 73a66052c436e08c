import * as fc from 'fast-check';
import { type StopLeaf, type StopRule } from '../definition/stop-rule';
import { AGENTS, VOCABULARY } from './vocabulary';

const word = fc.constantFrom(...VOCABULARY);
const agents = fc.uniqueArray(fc.constantFrom(...AGENTS), { minLength: 1, maxLength: 3 });
/** A field that may be left out. */
const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>) =>
  fc.oneof(fc.constant({}), fc.record({ [key]: value }) as fc.Arbitrary<{ readonly [k in K]: T }>);

const leaves: { readonly [T in StopLeaf['type']]: fc.Arbitrary<Extract<StopLeaf, { type: T }>> } = {
  max_turns: fc.record({ type: fc.constant('max_turns'), turns: fc.integer({ min: 1, max: 30 }) }),
  max_messages: fc.record({ type: fc.constant('max_messages'), messages: fc.integer({ min: 1, max: 20 }) }),
  text: fc
    .tuple(word, maybe('from', agents))
    .map(([text, from]) => ({ type: 'text', text, ...from }) as const),
  pattern: fc
    .tuple(word, fc.boolean(), maybe('from', agents))
    .map(
      ([text, ignore_case, from]) =>
        ({ type: 'pattern', pattern: `\\b${text}$`, ignore_case, ...from }) as const,
    ),
  tokens: fc
    .tuple(maybe('total', limit(400)), maybe('prompt', limit(300)), maybe('completion', limit(100)))
    .map(
      (limits) =>
        Object.assign({ type: 'tokens' } as const, ...limits) as Extract<StopLeaf, { type: 'tokens' }>,
    ),
  active_seconds: fc.record({ type: fc.constant('active_seconds'), seconds: limit(40) }),
  handoff: fc.record({ type: fc.constant('handoff'), to: fc.constantFrom(...AGENTS, 'user') }),
  source: fc.record({ type: fc.constant('source'), from: agents }),
  tool: fc.record({ type: fc.constant('tool'), name: fc.constantFrom('add', 'look_up') }),
  agreement: fc
    .tuple(
      fc.constantFrom('text', 'answer'),
      word,
      fc.constantFrom(0.3, 0.5, 2 / 3, 1),
      maybe('agents', agents),
      maybe('every', fc.integer({ min: 1, max: 4 })),
    )
    .map(
      ([by, text, share, named, every]) =>
        ({ type: 'agreement', by, text, share, ...named, ...every }) as const,
    ),
  repetition: fc.record({
    type: fc.constant('repetition'),
    words: fc.integer({ min: 2, max: 3 }),
    times: fc.integer({ min: 2, max: 3 }),
  }),
  stall: fc.record({
    type: fc.constant('stall'),
    turns: fc.integer({ min: 1, max: 4 }),
    similarity: fc.constantFrom(0.3, 0.5, 0.8, 1),
  }),
};

function limit(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max });
}

export const arbitraryLeaf: fc.Arbitrary<StopLeaf> = fc.oneof(
  ...Object.values<fc.Arbitrary<StopLeaf>>(leaves),
);

/** Any stop rule, nested to a depth of three. */
export const arbitraryStop: fc.Arbitrary<StopRule> = fc.letrec<{ rule: StopRule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'stop' },
    { arbitrary: arbitraryLeaf, weight: 4 },
    { arbitrary: fc.record({ any: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }), weight: 1 },
    { arbitrary: fc.record({ all: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }), weight: 1 },
  ),
})).rule;
