import { type Tally } from './panel-tally';

/** What a panel is told: plain words, so that small models follow them. How to answer a ballot is said with the ballot. */

/** The last word of a chair where no vote was held. */
export const CHAIR_INSTRUCTION = 'All answers are in. Give the final answer of the panel.';

export interface BallotPromptInput {
  readonly options: readonly string[];
  /** Whether the options are the names of those who answered. */
  readonly isOnAnswers: boolean;
  readonly isRanked: boolean;
  readonly mayAbstain: boolean;
}

export function ballotInstruction(input: BallotPromptInput): string {
  const about = input.isOnAnswers
    ? 'Now vote for the best answer. Each answer stands under the name of the one who gave it, and your own may be chosen, too.'
    : 'Now vote.';
  const how = input.isRanked
    ? 'Put all options in order, from the best to the worst.'
    : 'Choose exactly one of the options.';
  const abstaining = input.mayAbstain ? ['If you cannot decide, abstain.'] : [];
  const list = input.options.map((option) => `- ${option}`);
  return [about, 'The options are:', ...list, how, ...abstaining].join('\n');
}

/** Begins a vote that has to decide a tie. */
export function tieInstruction(input: BallotPromptInput): string {
  return `The vote was a tie.\n${ballotInstruction(input)}`;
}

/** The last word of a chair after the vote. */
export function resultInstruction(tally: Tally, winner: string | null, isRanked: boolean): string {
  const counts = [...tally.counts].map(([option, votes]) => `- ${option}: ${votes}`);
  return [
    'The panel has voted.',
    isRanked ? 'Votes in the last count of the run-off:' : 'Votes:',
    ...counts,
    winner === null ? 'Nobody has won.' : `The winner is: ${winner}`,
    'Tell the result and give the final answer of the panel.',
  ].join('\n');
}
