const MAX_NAME = 64;

/** The known name that an unknown one most likely stands for; undefined when none is near. */
export function nearestName(unknown: string, known: Iterable<string>): string | undefined {
  if (unknown.length > MAX_NAME) {
    return undefined;
  }
  const wanted = plain(unknown);
  let nearest: string | undefined;
  let shortest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (distance < shortest) {
      shortest = distance;
      nearest = name;
    }
  }
  return nearest;
}

/**
 * How many single-letter changes (insert, delete, replace, swap two neighbours) lead from one word to another
 * (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
          ? at(beforeLast, column - 2) + 1
          : Infinity;
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

/** Reads a cell that the loops above have filled. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/** `topK`, `top_k` and `Top-K` are one name to a person. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}
