/** A parsed JSON object whose fields are not known yet. */
export type JsonObject = Record<string, unknown>;

/** Wrong input of the person who drives the simulator (a flag or a control route), with a sentence that says what is wrong. */
export class InvalidInput extends Error {}

/** True for a JSON object, false for arrays, null and plain values. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object with no other than the known keys: a misspelt setting must not pass unnoticed. */
export function readObject(value: unknown, what: string, known: readonly string[]): JsonObject {
  if (!isObject(value)) {
    throw new InvalidInput(`${what} must be a JSON object`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new InvalidInput(`${what} has no "${unknown}"; known: ${known.join(', ')}`);
  }
  return value;
}

export function readArray(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) {
    throw new InvalidInput(`${what} must be an array`);
  }
  return value;
}

export function readText(value: unknown, what: string): string {
  if (typeof value !== 'string') {
    throw new InvalidInput(`${what} must be a string`);
  }
  return value;
}

export function readFlag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') {
    throw new InvalidInput(`${what} must be true or false`);
  }
  return value;
}

export function readNumber(value: unknown, what: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidInput(`${what} must be a number ${range}`);
  }
  return value;
}

export function readInteger(value: unknown, what: string, min: number, max?: number): number {
  const number = readNumber(value, what, min, max);
  if (!Number.isInteger(number)) {
    throw new InvalidInput(`${what} must be a whole number`);
  }
  return number;
}

export function readChoice<T extends string>(value: unknown, what: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    throw new InvalidInput(`${what} must be one of ${choices.join(', ')}`);
  }
  return choice;
}

/** Reads a field with the given reader, or gives undefined where the field is absent or null. */
export function optional<T>(
  object: JsonObject,
  key: string,
  read: (value: unknown, what: string) => T,
): T | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : read(value, key);
}

/** How often an armed script or fault is used. */
export type Times = number | 'forever';

export function readTimes(value: unknown, what: string): Times {
  return value === 'forever' ? 'forever' : readInteger(value, what, 1);
}
