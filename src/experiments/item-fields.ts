import { isPlainObject } from '../common/validation/unsafe-values';

export const MAX_ITEM_FIELDS = 50;

const MAX_NAME_CHARACTERS = 100;
const SHOWN_CHARACTERS = 50;

/** What is wrong with the fields of a dataset item; null = nothing. How long texts may be is a setting, and not looked at here. */
export function itemFieldsProblem(fields: unknown): string | null {
  if (!isPlainObject(fields)) {
    return 'must be an object';
  }
  const entries = Object.entries(fields);
  if (entries.length > MAX_ITEM_FIELDS) {
    return `has at most ${MAX_ITEM_FIELDS} fields`;
  }
  for (const [name, value] of entries) {
    const shown = `${name.slice(0, SHOWN_CHARACTERS).toWellFormed()}${name.length > SHOWN_CHARACTERS ? '…' : ''}`;
    if (name.trim() === '' || name !== name.trim() || /[{}]/.test(name)) {
      return `field '${shown}': a name is not blank, has no white space around it and no braces`;
    }
    if (name.length > MAX_NAME_CHARACTERS) {
      return `field '${shown}': a name has at most ${MAX_NAME_CHARACTERS} characters`;
    }
    if (!isScalar(value)) {
      return `field '${shown}' must be a text, a number, true, false or null`;
    }
  }
  return null;
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}
