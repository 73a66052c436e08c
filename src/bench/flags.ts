import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A flag that cannot be used; its message is for the user. */
export class WrongFlag extends Error {}

type FlagTypes = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads the flags of a command line.
 * @throws WrongFlag for one that is not known, or has no value
 */
export function readFlags<T extends FlagTypes>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new WrongFlag(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Some of the known names, with commas between them, in the order in which they are known.
 * @throws WrongFlag naming what is known
 */
export function someOf<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) {
    throw new WrongFlag(`${flag} takes ${known.join(', ')}, not "${unknown}"`);
  }
  return known.filter((name) => asked.includes(name));
}

/** @throws WrongFlag naming the limits */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number) || number < least || number > most) {
    throw new WrongFlag(`${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return number;
}
