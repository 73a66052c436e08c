import { type EdgeCondition } from '../definition/team-definition';
import { type Move } from '../engine';
import { patternMatch } from '../patterns';

/** Whether an edge is open after a move of the node it comes from. */
export type EdgeTest = (move: Move) => boolean;

/**
 * The test of a condition, ready to be used for many moves. A blank message contains nothing. `otherwise` is about the other
 * edges and is decided where they are known (see `openEdges`).
 */
export function edgeTest(condition: Exclude<EdgeCondition, { otherwise: true }>): EdgeTest {
  if ('contains' in condition) {
    return ({ text }) => text.includes(condition.contains);
  }
  if ('not_contains' in condition) {
    return ({ text }) => !text.includes(condition.not_contains);
  }
  if ('pattern' in condition) {
    return ({ text }) => patternMatch(condition.pattern, text) !== null;
  }
  const path = condition.field.split('.');
  return ({ last }) => fieldOf(last.parsed, path) === condition.equals;
}

/** A field of a structured answer; undefined when it is not there. */
function fieldOf(parsed: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined,
    parsed,
  );
}
