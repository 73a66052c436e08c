import { createHash } from 'node:crypto';
import { findUnsafeValue } from '../../common/validation/unsafe-values';
import { hasAtMost } from '../../common/validation/rules';
import { type Settings } from '../../config/settings.schema';
import { SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';

/** Longest id, of whatever it is: as in requests. */
const MAX_ID_CHARACTERS = 200;
// Control characters are what it looks for.
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f]/;

/**
 * The object in a file, or in an entry of a file, once nothing in it is left that the database or a client could not bear.
 * @throws Unusable
 */
export function safeObject(json: unknown, { maxNestingDepth }: Settings, place = ''): SourceObject {
  const problem = findUnsafeValue(json, maxNestingDepth, place === '' ? [] : [place]);
  if (problem) {
    throw new Unusable(placeOf(problem.loc), problem.msg.replace(/^Value error, /, ''));
  }
  return SourceObject.of(json, place);
}

/**
 * An id as it is: a key, never a path.
 * @throws Unusable when it is blank, too long or holds control characters
 */
export function checkedId(id: string, place: string): string {
  if (id.trim() === '') {
    throw new Unusable(place, 'is blank');
  }
  if (!hasAtMost(id, MAX_ID_CHARACTERS)) {
    throw new Unusable(place, `has more than ${MAX_ID_CHARACTERS} characters`);
  }
  if (CONTROLS.test(id)) {
    throw new Unusable(place, 'holds control characters');
  }
  return id;
}

/** @throws Unusable when the text has more characters than a setting allows */
export function checkedLength(
  text: string,
  place: string,
  settings: Settings,
  limit: 'maxMessageCharacters' | 'maxTitleCharacters',
): string {
  if (!hasAtMost(text, settings[limit])) {
    throw new Unusable(place, `has more than ${settings[limit]} characters (${SETTING_NAMES[limit]})`);
  }
  return text;
}

const SETTING_NAMES = {
  maxMessageCharacters: 'MAX_MESSAGE_CHARACTERS',
  maxTitleCharacters: 'MAX_TITLE_CHARACTERS',
} as const;

/** A UUID that is the same for the same names, for what has no id in the source. */
export function stableId(...names: readonly (string | number)[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(names)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function placeOf(loc: readonly (string | number)[]): string {
  return loc
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}
