import { inspect } from 'node:util';

/** Control characters, line separators, and marks that change the direction of text in a terminal. */
// Control characters are what it looks for.
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const PLAIN = /^[\w.:/@+-]+$/;

/** Replaces control characters by their `\uXXXX` form. */
export function escapeControls(text: string): string {
  return text.replaceAll(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value on one line: texts as they are, objects as Node shows them. */
export function oneLine(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : inspect(value, { depth: 4, compact: true, breakLength: Infinity, maxArrayLength: 20 });
  return escapeControls(text);
}

/** `2026-01-01T00:00:00.000Z INFO Context "message" name=value`; texts are quoted where they hold more than a word. */
export function keyValueLine(
  base: {
    readonly timestamp: string;
    readonly level: string;
    readonly logger: string;
    readonly message: string;
  },
  fields: Record<string, unknown>,
): string {
  const logger = base.logger === '' ? [] : [shown(base.logger)];
  const named = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.replaceAll(/[^\w.-]/g, '_')}=${shown(value)}`);
  return [base.timestamp, base.level, ...logger, quote(base.message), ...named].join(' ');
}

function shown(value: unknown): string {
  return typeof value === 'string' && !PLAIN.test(value) ? quote(value) : oneLine(value);
}

function quote(text: string): string {
  return escapeControls(JSON.stringify(text));
}
