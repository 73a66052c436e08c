import { type RepetitionRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { clipped, type Met } from './met';
import { RememberedFold } from './remembered-fold';
import { hash, wordsOf } from './words';

/** Characters at the end of a message that are looked at: a model that is caught in a loop does not get out of it. */
const MAX_CHARACTERS = 20_000;

/** The detail is the run of words. */
export function repeated(rule: RepetitionRule, records: readonly TurnRecord[]): Met {
  return loops.after(rule, records);
}

const loops = new RememberedFold<RepetitionRule, Met>(null, (rule, met, records, index) => {
  const record = records[index];
  if (met || !record) {
    return met;
  }
  const run = repeatedRun(wordsOf(record.text.slice(-MAX_CHARACTERS)), rule);
  return run === null ? null : { turn: record.turn, detail: clipped(run) };
});

/** The first run of words that is there so many times, without overlaps; null = none. */
function repeatedRun(words: readonly string[], rule: RepetitionRule): string | null {
  if (words.length < rule.words * rule.times) {
    return null;
  }
  const hashes = runHashes(words, rule.words);
  const seen = new Map<number, { readonly times: number; readonly begin: number }>();
  for (const [begin, value] of hashes.entries()) {
    const before = seen.get(value);
    if (!before) {
      seen.set(value, { times: 1, begin });
    } else if (begin >= before.begin + rule.words && isSameRun(words, before.begin, begin, rule.words)) {
      if (before.times + 1 === rule.times) {
        return words.slice(begin, begin + rule.words).join(' ');
      }
      seen.set(value, { times: before.times + 1, begin });
    }
  }
  return null;
}

/** A number for each run of so many words from its beginning, in one pass whatever their length. */
function runHashes(words: readonly string[], length: number): number[] {
  const hashes = words.map(hash);
  const first = powerOf(length);
  let value = 0;
  return hashes
    .map((next, index) => {
      const leaving = Math.imul(hashes[index - length] ?? 0, first);
      value = (Math.imul(value, FACTOR) + next - leaving) | 0;
      return value;
    })
    .slice(length - 1);
}

const FACTOR = 0x01000193;

function powerOf(exponent: number): number {
  let power = 1;
  for (let count = 0; count < exponent; count += 1) {
    power = Math.imul(power, FACTOR);
  }
  return power;
}

/** Different runs can have the same number. */
function isSameRun(words: readonly string[], one: number, other: number, length: number): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    if (words[one + offset] !== words[other + offset]) {
      return false;
    }
  }
  return true;
}
