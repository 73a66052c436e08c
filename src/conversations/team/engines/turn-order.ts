import { type Move } from '../engine';

/** Whose move was the last; null = nobody's yet. */
export function previousMember(moves: readonly Pick<Move, 'member'>[]): string | null {
  return moves.at(-1)?.member ?? null;
}

/** Moves that the last mover has made without a break. */
export function movesInARow(moves: readonly Pick<Move, 'member'>[]): number {
  const previous = previousMember(moves);
  return moves.length - 1 - moves.findLastIndex(({ member }) => member !== previous);
}

/**
 * Who comes next in the order of the team among `allowed`. The place in the order is that of the last mover who is
 * in it, so moves by others do not shift it. Null only if nobody is allowed.
 */
export function nextInOrder(
  order: readonly string[],
  moves: readonly Pick<Move, 'member'>[],
  allowed: readonly string[] = order,
): string | null {
  const last = moves.findLast(({ member }) => order.includes(member));
  const start = last === undefined ? 0 : order.indexOf(last.member) + 1;
  const rotated = [...order.slice(start), ...order.slice(0, start)];
  return rotated.find((member) => allowed.includes(member)) ?? null;
}
