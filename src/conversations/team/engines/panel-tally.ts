/** A vote as it was cast. */
export interface Vote {
  /** Options from the most preferred; empty = abstained. */
  readonly ranking: readonly string[];
  readonly weight: number;
}

/** How a vote was counted. */
export interface Tally {
  /** Votes of the options in the last count, in their order; without those that a run-off left behind. */
  readonly counts: ReadonlyMap<string, number>;
  /** Weight of all votes that were cast; abstentions and votes for what is no option are none. */
  readonly cast: number;
  /** Options with the most votes in the last count: several are tied; none = nobody voted. */
  readonly leaders: readonly string[];
}

/** Weights are no whole numbers, so sums that should be equal differ by their rounding. */
const PRECISION = 1e9;

/** Each vote counts for its most preferred option; the most votes win. */
export function mostVotes(options: readonly string[], votes: readonly Vote[]): Tally {
  const valid = validVotes(options, votes);
  return tallyOf(firstChoices(options, valid), weightOf(valid));
}

/**
 * Instant run-off: as long as no option has more than half of the votes that still count (and the share that the winner needs),
 * the option with the fewest votes is left out, and its votes go to the next option of each ranking. Of several with the fewest
 * votes the one goes that had fewer in the counts before, the latest first, else the last in order. When all that are left
 * have equally many, they are tied.
 */
export function instantRunOff(options: readonly string[], votes: readonly Vote[], threshold: number): Tally {
  const valid = validVotes(options, votes);
  const cast = weightOf(valid);
  const rounds: Array<ReadonlyMap<string, number>> = [];
  let left = options;
  for (;;) {
    const counts = firstChoices(left, valid);
    const tally = tallyOf(counts, cast);
    const most = Math.max(...counts.values());
    const isMajority = most > rounded(sum(counts.values()) / 2) && hasShare(tally, threshold);
    const isEven = most === Math.min(...counts.values());
    if (isMajority || isEven || left.length <= 2) {
      return tally;
    }
    rounds.unshift(counts);
    const last = lastPlaced(left, rounds);
    left = left.filter((option) => option !== last);
  }
}

/** Whether those who lead have the share (0 to 1) of the votes cast that a winner needs. */
export function hasShare({ counts, cast, leaders }: Tally, threshold: number): boolean {
  const [leader] = leaders;
  return leader !== undefined && rounded((counts.get(leader) ?? 0) / cast) >= rounded(threshold);
}

/** Which option is left out. */
function lastPlaced(
  left: readonly string[],
  latestFirst: ReadonlyArray<ReadonlyMap<string, number>>,
): string | undefined {
  const worst = latestFirst.reduce<readonly string[]>((some, counts) => {
    const fewest = Math.min(...some.map((option) => counts.get(option) ?? 0));
    return some.filter((option) => (counts.get(option) ?? 0) === fewest);
  }, left);
  return worst.at(-1);
}

/** Votes with what counts of them: options, each once. Votes for none and votes without weight were not cast. */
function validVotes(options: readonly string[], votes: readonly Vote[]): Vote[] {
  return votes
    .map(({ ranking, weight }) => ({
      ranking: [...new Set(ranking)].filter((option) => options.includes(option)),
      weight,
    }))
    .filter(({ ranking, weight }) => ranking.length > 0 && weight > 0);
}

function firstChoices(options: readonly string[], votes: readonly Vote[]): ReadonlyMap<string, number> {
  return new Map(
    options.map((option) => {
      const own = votes.filter(({ ranking }) => ranking.find((one) => options.includes(one)) === option);
      return [option, weightOf(own)];
    }),
  );
}

function tallyOf(counts: ReadonlyMap<string, number>, cast: number): Tally {
  const most = Math.max(...counts.values());
  const leaders = most > 0 ? [...counts].flatMap(([option, count]) => (count === most ? [option] : [])) : [];
  return { counts, cast, leaders };
}

function weightOf(votes: readonly Vote[]): number {
  return rounded(sum(votes.map(({ weight }) => weight)));
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}

function rounded(number: number): number {
  return Math.round(number * PRECISION) / PRECISION;
}
