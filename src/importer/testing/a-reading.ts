import { loadSettings } from '../../config/load-settings';
import { type Reading } from '../records/reading';
import { safeObject } from '../records/record-checks';
import { timeReader } from '../source/times';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';

/** What records are read with in specs: times in UTC, and all notes at hand. */
export function aReading(environment: Record<string, string> = {}): Reading & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    settings: loadSettings(environment),
    readTime: timeReader('UTC'),
    modifiedAt: '2020-01-01T00:00:00.000Z',
    note: (text) => notes.push(text),
    notes,
  };
}

/** An object of the source as it comes from a file. */
export function fieldsOf(value: unknown): SourceObject {
  return safeObject(JSON.parse(JSON.stringify(value)), aReading().settings);
}

/** Why something is unusable; fails when it is usable. */
export function reasonFor(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Unusable) {
      return error.message;
    }
    throw error;
  }
  throw new Error('It is usable.');
}
