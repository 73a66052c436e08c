import { type EnginePart, type PanelTeam } from '../definition/team-definition';
import { type Move } from '../engine';
import { pick } from '../seed';
import { rankingOf, tallyOfBallots } from './panel-ballots';
import { hasShare, type Tally } from './panel-tally';

/** What came of a vote. */
export interface Outcome {
  /** The count that decided. */
  readonly tally: Tally;
  /** Null = nobody has won. */
  readonly winner: string | null;
}

/**
 * Who votes once more to decide a tie, on those who lead; nobody where that decides nothing. A second vote may bring those who
 * lead the share that they lack, a chair may not.
 */
export function tieVoters(
  team: PanelTeam<EnginePart>,
  tally: Tally,
  { voters, chair }: { readonly voters: readonly string[]; readonly chair: string | null },
): readonly string[] {
  if (tally.leaders.length < 2) {
    return [];
  }
  if (team.ties === 'revote') {
    return voters;
  }
  return team.ties === 'chair' && chair !== null && hasShare(tally, team.threshold) ? [chair] : [];
}

/**
 * Who has won.
 * @param ballots of the vote that decided the tie, as far as there was one
 * @param lot seed of a tie that is decided by lot
 */
export function outcomeOf(
  team: PanelTeam<EnginePart>,
  tally: Tally,
  ballots: readonly Move[],
  lot: number,
): Outcome {
  const again = team.ties === 'revote' ? tallyOfBallots(team, tally.leaders, ballots) : null;
  // A second vote in which nobody voted leaves the first as it was.
  const decisive = again !== null && again.cast > 0 ? again : tally;
  const winner = hasShare(decisive, team.threshold) ? winnerOf(team, decisive, ballots, lot) : null;
  return { tally: decisive, winner };
}

function winnerOf(
  { ties }: PanelTeam<EnginePart>,
  { leaders }: Tally,
  ballots: readonly Move[],
  lot: number,
): string | null {
  const first = leaders[0] ?? null;
  if (leaders.length < 2) {
    return first;
  }
  switch (ties) {
    case 'none':
      return null;
    case 'random':
      return leaders[pick(lot, leaders.length)] ?? null;
    case 'chair':
      return ballots.flatMap(rankingOf).find((option) => leaders.includes(option)) ?? first;
    case 'first':
    case 'revote':
      return first;
  }
}
