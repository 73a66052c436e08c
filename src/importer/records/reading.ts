import { type Settings } from '../../config/settings.schema';
import { hasZone, type ReadTime } from '../source/times';
import { type SourceObject } from '../source/source-object';

/** What the reading of a record needs beside its file. */
export interface Reading {
  readonly settings: Settings;
  /** Reads a time as the layout of the file wants it. */
  readonly readTime: ReadTime;
  /** ISO 8601, UTC; when the file was changed last: the last resort where the record has no time. */
  readonly modifiedAt: string;
  /** Tells the user of something that comes in otherwise than it stands in the source. */
  readonly note: (text: string) => void;
}

/**
 * When a record was made, ISO 8601, UTC. Runs say it twice, `created_at` with and `createdAt` without a zone: the one with
 * a zone counts, in whichever spelling. Null when there is none that can be read.
 */
export function createdAtOf(fields: SourceObject, { readTime, note }: Reading): string | null {
  const texts = fields.textsOf('created_at');
  const text = texts.find((candidate) => hasZone(candidate)) ?? texts[0];
  const time = text === undefined ? undefined : readTime(text);
  if (text !== undefined && time === undefined) {
    note(`${fields.place('created_at')}: "${shown(text)}" is not a time`);
  }
  return time ?? null;
}

/** A time of the record, ISO 8601, UTC; null when there is none that can be read. */
export function timeOrNull(fields: SourceObject, name: string, { readTime, note }: Reading): string | null {
  const text = fields.wordsOrNull(name);
  const time = text === null ? undefined : readTime(text);
  if (text !== null && time === undefined) {
    note(`${fields.place(name)}: "${shown(text)}" is not a time`);
  }
  return time ?? null;
}

/** Enough of a text to know it again. */
export function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
