import { hash, hasSpaceless, wordsOf } from './words';

/** The different words of a text as hashes in ascending order. */
export type Terms = Uint32Array;

/** Characters at the beginning of a text that count, so that a huge one costs no more than others. */
const MAX_CHARACTERS = 20_000;

/** Single characters of scripts without blanks are in every text, so there each counts together with the next. */
export function termsOf(text: string): Terms {
  const start = text.slice(0, MAX_CHARACTERS);
  const words = wordsOf(start);
  const terms = hasSpaceless(start)
    ? words.map((word, index) => (hasSpaceless(word) ? word + (words[index + 1] ?? '') : word))
    : words;
  return new Uint32Array(new Set(terms.map(hash))).toSorted();
}

/** Whether of all words of two texts at least this share (0 to 1) is in both. Texts without words are alike. */
export function isAlike(one: Terms, other: Terms, similarity: number): boolean {
  const sum = one.length + other.length;
  // As soon as so many are in one text only, the share is out of reach: most pairs are told apart by a few words.
  const mostApart = (sum * (1 - similarity)) / (1 + similarity) + 1e-6;
  let first = 0;
  let second = 0;
  let shared = 0;
  while (first < one.length && second < other.length) {
    const left = one[first] ?? 0;
    const right = other[second] ?? 0;
    if (left === right) {
      shared += 1;
    }
    if (left <= right) {
      first += 1;
    }
    if (right <= left) {
      second += 1;
    }
    if (first + second - 2 * shared > mostApart) {
      return false;
    }
  }
  return shared >= similarity * (sum - shared);
}
