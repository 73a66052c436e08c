import { isPlainObject } from '../../common/validation/unsafe-values';

/** A JSON object that was found in a text, or what is wrong in a sentence that can be sent back to the model. */
export type JsonAnswer =
  { readonly value: Readonly<Record<string, unknown>>; readonly text: string } | { readonly problem: string };

/** Places at which an object is looked for. */
const MOST_STARTS = 20;

/**
 * Finds the first JSON object in an answer, whatever stands around it: fences, a sentence before, an echoed name. An object whose
 * end is missing is not completed.
 */
export function findJsonObject(answer: string): JsonAnswer {
  if (answer.trim() === '') {
    return { problem: 'The answer was empty.' };
  }
  let start = answer.indexOf('{');
  for (let tries = 0; start !== -1 && tries < MOST_STARTS; tries += 1) {
    const end = endOfObject(answer, start);
    if (end === -1) {
      return { problem: 'The JSON of the answer was cut off.' };
    }
    const text = answer.slice(start, end);
    const value = parsed(text);
    if (value !== null) {
      return { value, text };
    }
    start = answer.indexOf('{', end);
  }
  return { problem: 'The answer held no JSON object.' };
}

/** Where the object that begins at `start` is over; -1 = nowhere. Braces in texts do not count. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isInText = false;
  for (let at = start; at < text.length; at += 1) {
    const unit = text.charAt(at);
    if (isInText) {
      at += unit === '\\' ? 1 : 0;
      isInText = unit !== '"';
    } else if (unit === '"') {
      isInText = true;
    } else if (unit === '{') {
      depth += 1;
    } else if (unit === '}') {
      depth -= 1;
      if (depth === 0) {
        return at + 1;
      }
    }
  }
  return -1;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    // What begins with a brace can be nothing else.
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

const VALUE = String.raw`("(?:[^"\\]|\\.){0,2000}"|'(?:[^'\\]|\\.){0,2000}')`;

/**
 * The texts that an answer gives for a key: in an object of its own, fenced, amid text, in single quotes, or in an object cut off
 * later; also in a list, or as the `answer` in an object. Null where the key is not there; a key without a readable value (null,
 * cut off) gives none.
 */
export function textsOfKey(answer: string, key: string): string[] | null {
  if (!new RegExp(`["']${key}["']\\s*:`).test(answer)) {
    return null;
  }
  const values = answer.matchAll(new RegExp(`["']${key}["']\\s*:\\s*${VALUE}`, 'g'));
  const texts = [...values].map((match) => unquoted(match[1] ?? ''));
  return texts.length > 0 ? texts : textsIn(findJsonObject(answer), key);
}

function textsIn(json: JsonAnswer, key: string): string[] {
  const held = 'value' in json && Object.hasOwn(json.value, key) ? unwrapped(json.value[key]) : [];
  return (Array.isArray(held) ? held : [held]).filter((item) => typeof item === 'string');
}

/** What a model meant that wrote `{"answer": …, "reason": …}` where a plain value was asked for. */
export function unwrapped(value: unknown): unknown {
  return isPlainObject(value) ? value['answer'] : value;
}

/** A quoted text with the escapes of JSON resolved; what is no JSON (single quotes, `\_`) stays as it stands. */
function unquoted(literal: string): string {
  try {
    const value: unknown = JSON.parse(literal);
    return String(value);
  } catch {
    return literal;
  }
}
