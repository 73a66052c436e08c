import { type EntityManager } from 'typeorm';
import { type SpeakerChoice } from './speaker-choice';
import { type TurnRecord } from './team/turn-record';

/** A turn that was begun and has no end yet. It keeps its speaker, whoever would be chosen today. */
export interface BegunTurn {
  readonly speaker: string;
  readonly choice: SpeakerChoice;
  /** Attempts so far. */
  readonly attempts: number;
  /** How often it was taken back after it had ended well. */
  readonly discarded: number;
}

/** What there is of a run that is taken up again; all that follows is decided by it. */
export interface RunProgress {
  /** The finished turns. */
  readonly records: readonly TurnRecord[];
  readonly begun: BegunTurn | null;
}

export const NEW_RUN: RunProgress = { records: [], begun: null };

interface TurnRow {
  readonly turn: number;
  readonly attempt: number;
  readonly speaker: string;
  readonly state: 'running' | 'completed' | 'empty' | 'failed' | 'discarded';
  readonly choice: string;
  readonly content: string | null;
}

/** Reads how far a run is from its turns. */
export async function readRunProgress(read: EntityManager, conversationId: string): Promise<RunProgress> {
  const rows = await read.query<TurnRow[]>(
    `SELECT t.turn, t.attempt, t.speaker, t.state, t.choice, m.content
       FROM turns t LEFT JOIN messages m ON m.turn_id = t.id AND m.conversation_id = t.conversation_id
      WHERE t.conversation_id = ? ORDER BY t.turn, t.attempt`,
    [conversationId],
  );
  const records = rows.flatMap(({ turn, speaker, state, content }): TurnRecord[] =>
    state === 'completed' || state === 'empty' ? [{ turn, speaker, state, text: content ?? '' }] : [],
  );
  const attempts = rows.filter(({ turn }) => turn === records.length + 1);
  const last = attempts.at(-1);
  const begun = last && {
    speaker: last.speaker,
    choice: JSON.parse(last.choice) as SpeakerChoice,
    attempts: last.attempt,
    discarded: attempts.filter(({ state }) => state === 'discarded').length,
  };
  return { records, begun: begun ?? null };
}
