const IGNORED = /[\s\p{P}]+/gu;
const DIGIT = /\p{N}/u;

/**
 * A message without what does not count where answers are compared: case, white space and punctuation. What makes another number
 * of a number stays: a sign, and what parts digits.
 */
export function answerOf(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  return plain.replace(IGNORED, (found: string, offset: number) => {
    if (!DIGIT.test(plain.charAt(offset + found.length))) {
      return '';
    }
    if (DIGIT.test(plain.charAt(offset - 1))) {
      return found.replace(/\s+/g, '') || ' ';
    }
    const isSign = found.endsWith('-') && (offset === 0 || found.length > 1);
    return isSign ? '-' : '';
  });
}
