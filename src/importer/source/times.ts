/** Reads a time of the source and gives it as ISO 8601 in UTC with milliseconds; undefined when it is none. */
export type ReadTime = (text: string) => string | undefined;

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/i;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Offsets of zones change at whole quarters of an hour at most. */
const CACHE_STEP_MS = 15 * MINUTE_MS;

/** Whether a time says its zone. */
export function hasZone(text: string): boolean {
  return TIME.exec(text.trim())?.[8] !== undefined;
}

/** The zone of this machine, as `Area/City`. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/**
 * Reads times that say their zone as they are, and all others as times on the clocks of `zone`. A time that the clocks
 * showed twice (end of summer time) counts as the first of the two; one that they skipped as if they had not been put
 * forward yet. Digits below a millisecond are cut off.
 */
export function timeReader(zone: string): ReadTime {
  const offsetAt = offsetReader(zone);
  return (text) => {
    const match = TIME.exec(text.trim());
    const wallClock = match ? wallClockMs(match) : undefined;
    if (!match || wallClock === undefined) {
      return undefined;
    }
    const offset = match[8];
    return isoTime(offset === undefined ? toUtc(wallClock, offsetAt) : wallClock - offsetMs(offset));
  };
}

/** The parts as if they were UTC; undefined for days and hours that do not exist. */
function wallClockMs(match: RegExpExecArray): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const ms = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  const isReal =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isReal ? date.getTime() : undefined;
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') {
    return 0;
  }
  const digits = offset.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (offset.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
}

function toUtc(wallClock: number, offsetAt: (utc: number) => number): number {
  const before = offsetAt(wallClock - DAY_MS);
  const after = offsetAt(wallClock + DAY_MS);
  const fitting = [before, after].find((offset) => offsetAt(wallClock - offset) === offset);
  return wallClock - (fitting ?? before);
}

/** Milliseconds by which the clocks of a zone are ahead of UTC at an instant. */
function offsetReader(zone: string): (utc: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const cache = new Map<number, number>();
  return (utc) => {
    const step = Math.floor(utc / CACHE_STEP_MS);
    const known = cache.get(step);
    if (known !== undefined) {
      return known;
    }
    const start = step * CACHE_STEP_MS;
    const parts = Object.fromEntries(format.formatToParts(start).map(({ type, value }) => [type, value]));
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
      'year',
      'month',
      'day',
      'hour',
      'minute',
      'second',
    ].map((part) => Number(parts[part]));
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - start;
    cache.set(step, offset);
    return offset;
  };
}

function isoTime(ms: number): string | undefined {
  const year = new Date(ms).getUTCFullYear();
  return year >= 1 && year <= 9999 ? new Date(ms).toISOString() : undefined;
}
