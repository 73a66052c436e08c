/**
 * Lenient reading of plain values (wire-contract §1, "Leniency"): what cannot be read is handed back as it is, so
 * that the rule after it can say what is wrong with it.
 */

const INTEGER_TEXT = /^[+-]?\d+(\.0*)?$/;
const NUMBER_TEXT = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** A date, or a date and a time with or without zone. */
const TIME_TEXT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const STORED_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
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

/** An ISO 8601 date or time becomes the form in which times are stored: UTC with milliseconds; without a zone it is UTC. */
export function readTime(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  const match = TIME_TEXT.exec(value.trim());
  if (!match) {
    return value;
  }
  // JavaScript takes a time without a zone for a local one.
  const isZoneless = match[1] === undefined && match[0].length > '2026-01-22'.length;
  const time = Date.parse(`${match[0].replace(' ', 'T')}${isZoneless ? 'Z' : ''}`);
  return Number.isNaN(time) ? value : new Date(time).toISOString();
}

/** Whether `readTime` could read it. */
export function isStoredTime(value: string): boolean {
  return STORED_TIME.test(value);
}

function readText(value: unknown, pattern: RegExp): unknown {
  return typeof value === 'string' && pattern.test(value.trim()) ? Number(value) : value;
}
