const WORD = String.raw`[\p{XID_Continue}]`;

/**
 * Finds agents' names in free text: whole words, exactly as written or, if there is none, in any case. In the text
 * `_` may be a space or escaped as in Markdown (`\_`). Of names that contain each other the longest counts. Scripts
 * without spaces between words have no whole words, there a name is found only on its own.
 */
export class NameFinder {
  private readonly names: readonly string[];
  private readonly exact: RegExp | null;
  private readonly anyCase: RegExp | null;

  constructor(names: readonly string[]) {
    this.names = names.toSorted((one, other) => other.length - one.length);
    this.exact = pattern(this.names, 'gu');
    this.anyCase = pattern(this.names, 'giu');
  }

  /** Each name that the text holds, once, in the order of their first mention. */
  find(text: string): string[] {
    const normal = text.normalize('NFKC');
    const exact = this.matches(normal, this.exact);
    return exact.length > 0 ? exact : this.matches(normal, this.anyCase);
  }

  private matches(text: string, names: RegExp | null): string[] {
    const found = names === null ? [] : [...text.matchAll(names)];
    const positions = found.map((match) =>
      match.findIndex((group, index) => index > 0 && group !== undefined),
    );
    return [...new Set(positions.map((position) => this.names[position - 1] ?? ''))];
  }
}

/** One group for each name, so that a match tells whose it is. */
function pattern(names: readonly string[], flags: string): RegExp | null {
  if (names.length === 0) {
    return null;
  }
  const groups = names.map((name) => `(${spellings(name.normalize('NFKC'))})`);
  return new RegExp(`(?<!${WORD})(?:${groups.join('|')})(?!${WORD})`, flags);
}

/** A name as it may be written, escaped for a pattern. An underscore at its start or end is never a space. */
function spellings(name: string): string {
  return name
    .replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
    .replace(/(?<=[^_])_(?=[^_])/g, String.raw`(?:\\?_| )`)
    .replace(/^_+|_+$|__+/g, (run) => String.raw`\\?_`.repeat(run.length));
}
