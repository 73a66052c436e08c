import { type FieldProblem } from '../errors/domain-error';
import { type Loc, problem, wrongValue } from './field-problems';

/** Names that an answer about too deep nesting shows before it stops. */
const SHOWN_PATH = 8;

/** An object or list on the way, with the way back to the root. */
interface Container {
  readonly value: object;
  readonly depth: number;
  readonly key?: string | number;
  readonly parent?: Container;
}

/**
 * Looks for what no later step should have to bear: nesting deeper than `maxDepth`, NUL characters and lone
 * surrogates in texts and names, an own field `__proto__`, and values that JSON does not have (sockets carry
 * binary data too). Walks without recursion, so that depth cannot exhaust the stack.
 * @returns the first problem found, or undefined
 */
export function findUnsafeValue(
  root: unknown,
  maxDepth: number,
  loc: Loc = ['body'],
): FieldProblem | undefined {
  if (typeof root === 'string') {
    return textProblem(root, () => loc);
  }
  if (typeof root !== 'object' || root === null) {
    return undefined;
  }
  const waiting: Container[] = [{ value: root, depth: 1 }];
  for (let container = waiting.pop(); container !== undefined; container = waiting.pop()) {
    const found = problemOf(container, maxDepth, loc) ?? lookInside(container, waiting, loc);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function problemOf(container: Container, maxDepth: number, loc: Loc): FieldProblem | undefined {
  if (container.depth > maxDepth) {
    const path = locOf(container, loc).slice(0, loc.length + SHOWN_PATH);
    return problem(
      'value_error',
      path,
      `Value error, must not be nested deeper than ${maxDepth} levels`,
      '…',
      {
        max_depth: maxDepth,
      },
    );
  }
  if (!Array.isArray(container.value) && !isPlainObject(container.value)) {
    return wrongValue(locOf(container, loc), 'must be JSON, not binary data', null);
  }
  return undefined;
}

/** Checks the names and texts of a container and puts the containers in it on the waiting list. */
function lookInside(parent: Container, waiting: Container[], loc: Loc): FieldProblem | undefined {
  const { value, depth } = parent;
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, child] of entries) {
    const here = () => [...locOf(parent, loc), key];
    const found =
      (typeof key === 'string' ? nameProblem(key, here) : undefined) ??
      (typeof child === 'string' ? textProblem(child, here) : undefined);
    if (found !== undefined) {
      return found;
    }
    if (typeof child === 'object' && child !== null) {
      waiting.push({ value: child, depth: depth + 1, key, parent });
    }
  }
  return undefined;
}

function nameProblem(name: string, loc: () => Loc): FieldProblem | undefined {
  return name === '__proto__' ? wrongValue(loc(), 'must not be a field name', name) : textProblem(name, loc);
}

function textProblem(text: string, loc: () => Loc): FieldProblem | undefined {
  if (text.includes('\0')) {
    return wrongValue(loc(), 'must not contain NUL characters', text);
  }
  return text.isWellFormed()
    ? undefined
    : wrongValue(loc(), 'must not contain half of a surrogate pair', text);
}

/** Whether the value is what `JSON.parse` or a query parser makes of an object. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function locOf(container: Container, root: Loc): Loc {
  const path: (string | number)[] = [];
  for (let current: Container | undefined = container; current?.key !== undefined; current = current.parent) {
    path.push(current.key);
  }
  return [...root, ...path.toReversed()];
}
