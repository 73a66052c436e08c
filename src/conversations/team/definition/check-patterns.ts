import { patternProblem } from '../patterns';
import { type Findings, type RequestLoc } from './finding';

/** Different patterns in a request, and what the counts in braces of one may add up to: both cost time to compile. */
const MAX_PATTERNS = 64;
const MAX_REPEATS = 1_000;

/** Checks the patterns of a request; each is compiled once. */
export class PatternCheck {
  private readonly problems = new Map<string, string | null>();

  constructor(private readonly findings: Findings) {}

  check(pattern: string, loc: RequestLoc): void {
    const problem = this.problemOf(pattern);
    if (problem !== null) {
      this.findings.error(
        loc,
        'pattern_invalid',
        `must be a regular expression in the syntax of RE2: ${problem}`,
        pattern,
      );
    }
  }

  private problemOf(pattern: string): string | null {
    const known = this.problems.get(pattern);
    if (known !== undefined) {
      return known;
    }
    if (this.problems.size >= MAX_PATTERNS) {
      return `a request may have at most ${MAX_PATTERNS} different ones`;
    }
    const problem =
      repeatsOf(pattern) > MAX_REPEATS
        ? `the counts in its braces must not add up to more than ${MAX_REPEATS}`
        : patternProblem(pattern);
    this.problems.set(pattern, problem);
    return problem;
  }
}

function repeatsOf(pattern: string): number {
  const counts = [...pattern.matchAll(/\{(\d*)(?:,(\d*))?\}/g)];
  return counts.reduce((sum, [, from = '', to = '']) => sum + Math.max(Number(from), Number(to)), 0);
}
