import { JsonObject, isObject } from './input';
import { OllamaError } from './ollama-error';

/** JSON as Go writes it: `<`, `>` and `&` are escaped. */
export function goStringify(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Parses a request body, or throws what Ollama's decoder would answer. */
export function parseBody(text: string): JsonObject {
  if (text.trim() === '') {
    throw new OllamaError(400, 'missing request body');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OllamaError(400, syntaxErrorText(text, String(error)));
  }
  if (!isObject(value)) {
    throw new OllamaError(400, `json: cannot unmarshal ${goKind(value)} into Go value of type api.Request`);
  }
  return value;
}

function syntaxErrorText(text: string, message: string): string {
  if (/end of JSON input|Unterminated string/.test(message)) {
    return 'unexpected EOF';
  }
  const position = /at position (\d+)/.exec(message)?.[1];
  const character =
    position === undefined ? /Unexpected token '?(.)/u.exec(message)?.[1] : text[Number(position)];
  if (character === undefined) {
    return 'unexpected EOF';
  }
  const shown = character === "'" ? `'\\''` : `'${JSON.stringify(character).slice(1, -1)}'`;
  if (/property name/.test(message)) {
    return `invalid character ${shown} looking for beginning of object key string`;
  }
  if (/after property value/.test(message)) {
    return `invalid character ${shown} after object key:value pair`;
  }
  if (/after array element/.test(message)) {
    return `invalid character ${shown} after array element`;
  }
  return /control character/.test(message)
    ? `invalid character ${shown} in string literal`
    : `invalid character ${shown} looking for beginning of value`;
}

export type GoKind = 'string' | 'number' | 'bool' | 'object' | 'array' | 'null';

/** The kind of a JSON value in Go's words. */
export function goKind(value: unknown): GoKind {
  if (value === null || value === undefined) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  const kinds: Record<string, GoKind> = { string: 'string', number: 'number', boolean: 'bool' };
  return kinds[typeof value] ?? 'object';
}

/** A field's Go type and the kinds of JSON value that fit it; null always fits. */
export type FieldTypes = Record<string, readonly [goType: string, ...kinds: GoKind[]]>;

/** Throws Go's text for the first field of a wrong type; unknown fields are ignored. */
export function checkFields(object: JsonObject, struct: string, types: FieldTypes): void {
  for (const [field, [goType, ...kinds]] of Object.entries(types)) {
    const kind = goKind(object[field]);
    if (kind !== 'null' && !kinds.includes(kind)) {
      throw new OllamaError(
        400,
        `json: cannot unmarshal ${kind} into Go struct field ${struct}.${field} of type ${goType}`,
      );
    }
  }
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3 };

/** Milliseconds of a Go duration such as `1h30m`; wrong ones get Go's text. */
export function parseGoDuration(text: string): number {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const quoted = JSON.stringify(text);
  if (rest === '0') {
    return 0;
  }
  let total = 0;
  let position = 0;
  for (const [part, digits = '', unit = ''] of rest.matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/gy)) {
    if (unit === '') {
      throw new OllamaError(400, `time: missing unit in duration ${quoted}`);
    }
    const unitMs = UNIT_MS[unit];
    if (unitMs === undefined) {
      throw new OllamaError(400, `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    }
    total += Number(digits) * unitMs;
    position += part.length;
  }
  if (position === 0 || position !== rest.length) {
    throw new OllamaError(400, `time: invalid duration ${quoted}`);
  }
  return sign === '-' ? -total : total;
}

/** RFC 3339 with the local offset, as `modified_at` and `expires_at` have it. */
export function localTimestamp(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
