import { isPlainObject } from '../../common/validation/unsafe-values';
import { readInteger, readNumber } from '../../common/validation/lenient-values';
import { Unusable } from '../unusable';

/**
 * An object of the source with its place, read field by field. Fields are named in snake_case and found in both key
 * cases; one that is missing or null counts as not there. A value of the wrong kind makes the record unusable.
 */
export class SourceObject {
  private constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly path: string,
  ) {}

  /** @throws Unusable when the value is no object */
  static of(value: unknown, path = ''): SourceObject {
    if (!isPlainObject(value)) {
      throw new Unusable(path, `must be an object, not ${kindOf(value)}`);
    }
    return new SourceObject(value, path);
  }

  /** Where a field is, for the report. */
  place(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** The text of the first of these fields that is there; null when none is. */
  textOrNull(...names: readonly string[]): string | null {
    const found = this.find(names);
    if (found === undefined) {
      return null;
    }
    if (typeof found.value !== 'string') {
      throw this.wrong(found, 'must be text');
    }
    return found.value;
  }

  /** The texts of a field in both key cases, snake_case first. */
  textsOf(name: string): string[] {
    return [name, inCamelCase(name)].flatMap((key) => {
      const value = Object.hasOwn(this.fields, key) ? this.fields[key] : undefined;
      return typeof value === 'string' ? [value] : [];
    });
  }

  /** @throws Unusable also when it is missing */
  text(name: string): string {
    const value = this.textOrNull(name);
    if (value === null) {
      throw new Unusable(this.place(name), 'is missing');
    }
    return value;
  }

  /** The text without surrounding blanks; null also when nothing is left. */
  wordsOrNull(...names: readonly string[]): string | null {
    return this.textOrNull(...names)?.trim() || null;
  }

  numberOrNull(name: string): number | null {
    return this.readNumber(name, readNumber, Number.isFinite, 'must be a number');
  }

  /** A whole number from 0. */
  countOrNull(name: string): number | null {
    return this.readNumber(
      name,
      readInteger,
      (value) => Number.isSafeInteger(value) && value >= 0,
      'must be a whole number from 0',
    );
  }

  objectOrNull(name: string): SourceObject | null {
    const found = this.find([name]);
    return found === undefined ? null : SourceObject.of(found.value, this.place(found.key));
  }

  /** The items of a list, whatever they are; null when it is not there. */
  listOrNull(name: string): readonly unknown[] | null {
    const found = this.find([name]);
    if (found === undefined) {
      return null;
    }
    if (!Array.isArray(found.value)) {
      throw this.wrong(found, 'must be a list');
    }
    return found.value;
  }

  /** The objects of a list; null when it is not there. */
  objectsOrNull(name: string): SourceObject[] | null {
    const place = this.place(this.find([name])?.key ?? name);
    return this.listOrNull(name)?.map((item, index) => SourceObject.of(item, `${place}[${index}]`)) ?? null;
  }

  /** All fields as they are. */
  entries(): [string, unknown][] {
    return Object.entries(this.fields);
  }

  private readNumber(
    name: string,
    read: (value: unknown) => unknown,
    isGood: (value: number) => boolean,
    rule: string,
  ): number | null {
    const found = this.find([name]);
    if (found === undefined) {
      return null;
    }
    const value = read(found.value);
    if (typeof value !== 'number' || !isGood(value)) {
      throw this.wrong(found, rule);
    }
    return value;
  }

  private find(names: readonly string[]): Found | undefined {
    for (const name of names) {
      for (const key of [name, inCamelCase(name)]) {
        const value = Object.hasOwn(this.fields, key) ? this.fields[key] : null;
        if (value !== null && value !== undefined) {
          return { key, value };
        }
      }
    }
    return undefined;
  }

  private wrong({ key, value }: Found, rule: string): Unusable {
    return new Unusable(this.place(key), `${rule}, not ${kindOf(value)}`);
  }
}

interface Found {
  readonly key: string;
  readonly value: unknown;
}

function inCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function kindOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    default:
      return 'an object';
  }
}
