import { type SpokenTurn } from '../../agents/prompt/prompt-builder';

/** A finished turn: all that turn-taking and stop rules know of it. Failed attempts are no records. */
export interface TurnRecord {
  /** From 1. */
  readonly turn: number;
  /** Name of the agent. */
  readonly speaker: string;
  /** `empty` = the model said nothing: the turn counts, but there is no message. */
  readonly state: 'completed' | 'empty';
  /** What was said, without thinking; blank for an empty turn. */
  readonly text: string;
}

/** What the agents have heard: the turns in which something was said. */
export function spokenTurns(records: readonly TurnRecord[]): SpokenTurn[] {
  return records.filter(({ state }) => state === 'completed').map(({ speaker, text }) => ({ speaker, text }));
}
