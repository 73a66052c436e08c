/** Scripts that put no blanks between words. */
const SPACELESS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar', 'Tibetan']
  .map((script) => String.raw`\p{Script=${script}}`)
  .join('');

const LETTERS = /[\p{L}\p{M}\p{N}]+|\p{Extended_Pictographic}/gu;
const HAS_SPACELESS = new RegExp(`[${SPACELESS}ー]`, 'u');
const PARTS = new RegExp(String.raw`[${SPACELESS}ー]\p{M}*|[^${SPACELESS}ー]+`, 'gu');

/** The words of a text in lower case, without punctuation. Where no blanks part words, each character is one. */
export function wordsOf(text: string): string[] {
  const runs = text.normalize('NFKC').toLowerCase().match(LETTERS) ?? [];
  return hasSpaceless(text) ? runs.flatMap((run) => run.match(PARTS) ?? []) : runs;
}

/** Whether a text has characters of scripts without blanks. */
export function hasSpaceless(text: string): boolean {
  return HAS_SPACELESS.test(text);
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
