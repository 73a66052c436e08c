import { RE2JS, RE2JSException } from 're2js';
import { RecentMap } from '../../common/recent-map';

/** Compiled patterns that are kept; the one that was used least recently makes room. */
const MAX_COMPILED = 200;

const compiled = new RecentMap<string, RE2JS>(MAX_COMPILED);

/**
 * What a pattern in the syntax of RE2 finds first in a text, or null. RE2 searches in linear time, so a client's pattern cannot
 * hold the process up (RegExp could).
 */
export function patternMatch(pattern: string, text: string, ignoreCase = false): string | null {
  const regex = compile(pattern, ignoreCase);
  if (!regex.test(text)) {
    return null;
  }
  const matcher = regex.matcher(text);
  return matcher.find() ? matcher.group() : null;
}

/** What is wrong with a pattern, in the words of RE2; null = nothing. */
export function patternProblem(pattern: string): string | null {
  try {
    compile(pattern, false);
    return null;
  } catch (error) {
    if (error instanceof RE2JSException) {
      return error.message;
    }
    throw error;
  }
}

function compile(pattern: string, ignoreCase: boolean): RE2JS {
  const key = `${ignoreCase ? 'i' : '-'}${pattern}`;
  const regex = compiled.get(key) ?? RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  compiled.set(key, regex);
  return regex;
}
