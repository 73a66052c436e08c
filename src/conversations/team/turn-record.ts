import { type SpeakerChoice } from './speaker-choice';

/** Where a turn stands in the tree of teams: a member of the outermost team and the number of its move, and so on inwards. */
export type Place = readonly PlaceStep[];

export interface PlaceStep {
  /** Id of the member: the agent's name, the node of a graph, the name of a nested team. */
  readonly member: string;
  /** Number of the move in its team, from 1; in a nested team from 1 in each visit. */
  readonly move: number;
}

/**
 * `reply` = an ordinary turn; `ballot` = a vote; `plan`, `final` = a magentic manager's own; `skip` = a nested team was passed
 * over because it had nothing new.
 */
export type TurnKind = 'reply' | 'ballot' | 'plan' | 'final' | 'skip';

/** A finished turn: all that turn-taking and stop rules know of it. Failed attempts are no records. */
export interface TurnRecord {
  /** From 1. */
  readonly turn: number;
  /** Name of the agent; of a skipped turn the name of the team. */
  readonly speaker: string;
  /** `empty` = the model said nothing: the turn counts, but there is no message. */
  readonly state: 'completed' | 'empty' | 'skipped';
  readonly kind: TurnKind;
  /** What was said, without thinking; blank unless it is completed. */
  readonly text: string;
  readonly thinking: string;
  readonly place: Place;
  readonly choice: SpeakerChoice;
  /** To whom the speaker handed over. */
  readonly handoff: string | null;
  /** Names of the tools that were called. */
  readonly tools: readonly string[];
  /** The structured answer, or the ballot (see `panel.ts`); null where there is none. */
  readonly parsed: unknown;
  /** Of all calls for this turn: attempts that failed and the choice of the speaker included. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Active milliseconds of the run at its end. */
  readonly activeMs: number;
}

/** What the agents have heard: the turns in which something was said. */
export function spokenTurns(records: readonly TurnRecord[]): TurnRecord[] {
  return records.filter(({ state }) => state === 'completed');
}

/** A text that is the same for equal places only. */
export function placeKey(place: Place): string {
  return JSON.stringify(place.map(({ member, move }) => [member, move]));
}
