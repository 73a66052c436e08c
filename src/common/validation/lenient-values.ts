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

function readText(value: unknown, pattern: RegExp): unknown {
  return typeof value === 'string' && pattern.test(value.trim()) ? Number(value) : value;
}
