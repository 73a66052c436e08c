/**
 * Lenient reading of plain values (wire-contract §1, "Leniency"): what cannot be read is handed back as it is, so
 * that the rule after it can say what is wrong with it.
 */

const INTEGER_TEXT = /^[+-]?\d+(\.0*)?$/;
const NUMBER_TEXT = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const TRUE_WORDS = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'n', 'off', 'f']);

/** `3`, `3.0` and `"3"` become 3. */
export function readInteger(value: unknown): unknown {
  return readText(value, INTEGER_TEXT);
}

/** `0.5` and `"0.5"` become 0.5. */
export function readNumber(value: unknown): unknown {
  return readText(value, NUMBER_TEXT);
}

/** `true`, `"true"`, `1`, `"1"`, `"yes"`, `"on"` become true, their opposites false; letter case does not matter. */
export function readBoolean(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') {
    return value;
  }
  const word = String(value).trim().toLowerCase();
  if (TRUE_WORDS.has(word)) {
    return true;
  }
  return FALSE_WORDS.has(word) ? false : value;
}

const ISO_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A time in ISO 8601 becomes UTC with milliseconds and `Z`; one without a zone is UTC already. */
export function readTime(value: unknown): unknown {
  const parts = typeof value === 'string' ? ISO_TIME.exec(value.trim()) : null;
  if (parts === null) {
    return value;
  }
  const [, day = '', clock = '00:00', zone = 'Z'] = parts;
  const time = isoOf(`${day}T${clock}${zone.toUpperCase()}`);
  // JavaScript takes the 30th of February for the 2nd of March.
  return time !== undefined && isoOf(day)?.startsWith(day) ? time : value;
}

function isoOf(text: string): string | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Whether `readTime` could read a value. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string' && isoOf(value) === value;
}

function readText(value: unknown, pattern: RegExp): unknown {
  return typeof value === 'string' && pattern.test(value.trim()) ? Number(value) : value;
}
