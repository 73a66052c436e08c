import { InvalidInput, JsonObject, optional, readChoice, readInteger, readNumber } from './input';

/** Parts of a pull in which no bytes come, in their order. */
export const PULL_PHASES = ['manifest', 'verify', 'write'] as const;
export type PullPhase = (typeof PULL_PHASES)[number];

/** A place in a pull, at which it is held or a fault strikes; one of the fields says which. */
export interface PullPosition {
  /** After that many lines; 0 = before status and headers. */
  afterLines?: number;
  /** Where that part of the bytes of all layers is there, from 0 to 1; a line shows exactly that. */
  fraction?: number;
  /** At the end of that phase, when its line was sent and its time is over. */
  phase?: PullPhase;
}

export const POSITION_FIELDS = ['afterLines', 'fraction', 'phase'] as const;

/** How far a pull is. */
export interface PullProgress {
  lines: number;
  bytes: number;
  /** Of all layers; undefined while the manifest is not read. */
  totalBytes: number | undefined;
  ended: PullPhase | undefined;
}

/** Reads the place that the object names; empty where it names none. */
export function readPosition(object: JsonObject): PullPosition {
  const position: PullPosition = {
    afterLines: optional(object, 'afterLines', (value, what) => readInteger(value, what, 0)),
    fraction: optional(object, 'fraction', (value, what) => readNumber(value, what, 0, 1)),
    phase: optional(object, 'phase', (value, what) => readChoice(value, what, PULL_PHASES)),
  };
  if (POSITION_FIELDS.filter((field) => position[field] !== undefined).length > 1) {
    throw new InvalidInput(`give one of ${POSITION_FIELDS.join(', ')}`);
  }
  return position;
}

export function hasPosition(position: PullPosition): boolean {
  return POSITION_FIELDS.some((field) => position[field] !== undefined);
}

/** The number of bytes at which the place is; undefined where it does not depend on bytes. */
export function bytesAt({ fraction }: PullPosition, totalBytes: number): number | undefined {
  return fraction === undefined ? undefined : Math.ceil(fraction * totalBytes);
}

export function isReached(
  position: PullPosition,
  { lines, bytes, totalBytes, ended }: PullProgress,
): boolean {
  const { afterLines, phase } = position;
  const place = totalBytes === undefined ? undefined : bytesAt(position, totalBytes);
  return (
    (afterLines !== undefined && lines >= afterLines) ||
    (place !== undefined && bytes >= place) ||
    (phase !== undefined && ended !== undefined && PULL_PHASES.indexOf(ended) >= PULL_PHASES.indexOf(phase))
  );
}
