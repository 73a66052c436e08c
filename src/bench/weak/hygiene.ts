/** What must not stand in a stored message. This looks at the text alone and uses nothing of what cleaned it. */
export interface Blemishes {
  /** It begins with the name of who said it. */
  readonly echoed: boolean;
  /** A line of it begins with the name of somebody else. */
  readonly forOthers: boolean;
  /** It holds a tag of thinking. */
  readonly think: boolean;
}

/** Marks that models put around a name: `**Ada:**`, `[Ada]:`, `Ada :`, `> Ada:`. */
const BEFORE = /^[\s*_#>["'(`-]*/;
const AFTER = /^[\s*_\])"'`]*[::]/;

/** A number by which speakers are told apart, before a line. */
const NUMBER = /^\s*\[\d+\]/;

/**
 * @param team names of all agents
 * @param hasNumbers whether its members are told apart by numbers
 */
export function blemishesOf(
  text: string,
  speaker: string,
  team: readonly string[],
  hasNumbers = false,
): Blemishes {
  const lines = text.split(/\r\n|\r|\n|\u2028|\u2029/);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  return {
    echoed: beginsWith(first, speaker) || (hasNumbers && NUMBER.test(first)),
    forOthers:
      team.some((name) => name !== speaker && lines.some((line) => beginsWith(line, name))) ||
      (hasNumbers && lines.some((line) => line !== first && NUMBER.test(line))),
    think: /<\s*\/?\s*think(?:ing)?\s*>/i.test(text),
  };
}

function beginsWith(line: string, name: string): boolean {
  const rest = line.replace(BEFORE, '');
  return rest.toLowerCase().startsWith(name.toLowerCase()) && AFTER.test(rest.slice(name.length));
}
