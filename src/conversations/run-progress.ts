import { type EntityManager } from 'typeorm';
import { type TurnTask } from '../agents/turn-task';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place, type TurnKind, type TurnRecord } from './team/turn-record';

/** A turn that was begun and has no end yet. It keeps its speaker, whoever would be chosen today. */
export interface BegunTurn {
  readonly turn: number;
  /** Number of the first turn of its step. */
  readonly step: number;
  readonly speaker: string;
  readonly place: Place;
  readonly choice: SpeakerChoice;
  readonly task: TurnTask;
  /** Attempts so far, and the tokens of their calls. */
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** How often it was taken back after it had ended well. */
  readonly discarded: number;
}

/** A step that was begun and has not ended. */
export interface LeftStep {
  /** Number of its first turn. */
  readonly first: number;
  readonly begun: readonly BegunTurn[];
  /** Turns that ended well and wait for those beside them. */
  readonly held: readonly TurnRecord[];
}

/** What there is of a run that is taken up again; all that follows is decided by it. */
export interface RunProgress {
  /** The finished turns. */
  readonly records: readonly TurnRecord[];
  /** Steps that were begun and have not ended, in their order. More than one only after a turn was taken back. */
  readonly left: readonly LeftStep[];
  /** Active milliseconds of the run so far. */
  readonly activeMs: number;
}

export const NEW_RUN: RunProgress = { records: [], left: [], activeMs: 0 };

interface TurnRow {
  readonly turn: number;
  readonly step: number;
  readonly attempt: number;
  readonly speaker: string;
  readonly state: 'running' | 'held' | 'completed' | 'empty' | 'skipped' | 'failed' | 'discarded';
  readonly kind: TurnKind;
  readonly place: string | null;
  readonly task: string | null;
  readonly choice: string;
  readonly thinking: string | null;
  readonly handoff: string | null;
  readonly tools: string | null;
  readonly parsed: string | null;
  readonly active_ms: number;
  readonly text: string | null;
}

interface TokenRow {
  readonly turn: number;
  readonly prompt: number;
  readonly completion: number;
}

/** Reads how far a run is from its turns. */
export async function readRunProgress(read: EntityManager, conversationId: string): Promise<RunProgress> {
  const [conversation] = await read.query<{ active_ms: number }[]>(
    'SELECT active_ms FROM conversations WHERE id = ?',
    [conversationId],
  );
  const rows = await read.query<TurnRow[]>(
    `SELECT t.turn, t.step, t.attempt, t.speaker, t.state, t.kind, t.place, t.task, t.choice, t.thinking, t.handoff, t.tools,
            t.parsed, t.active_ms, COALESCE(m.content, t.partial_text) AS text
       FROM turns t LEFT JOIN messages m ON m.turn_id = t.id AND m.conversation_id = t.conversation_id
      WHERE t.conversation_id = ? ORDER BY t.turn, t.attempt`,
    [conversationId],
  );
  const tokenRows = await read.query<TokenRow[]>(
    `SELECT t.turn, SUM(c.prompt_tokens) AS prompt, SUM(c.completion_tokens) AS completion
       FROM model_calls c JOIN turns t ON t.id = c.turn_id WHERE c.conversation_id = ? GROUP BY t.turn`,
    [conversationId],
  );
  const tokens = new Map(tokenRows.map((row) => [row.turn, row]));
  const toRecord = (row: TurnRow) => recordOf(row, tokens.get(row.turn));
  const finished = rows.filter(({ state }) => ENDED.has(state));
  const held = rows.filter(({ state }) => state === 'held');
  const ended = new Set([...finished, ...held].map(({ turn }) => turn));
  const open = [...new Set(rows.map(({ turn }) => turn))].filter((turn) => !ended.has(turn));
  const begun = open.flatMap((turn) =>
    begunOf(
      rows.filter((row) => row.turn === turn),
      tokens.get(turn),
    ),
  );
  const steps = new Set([...begun, ...held].map(({ step }) => step));
  return {
    records: finished.map(toRecord),
    left: [...steps]
      .toSorted((one, other) => one - other)
      .map((first) => ({
        first,
        begun: begun.filter(({ step }) => step === first),
        held: held.filter(({ step }) => step === first).map(toRecord),
      })),
    activeMs: conversation?.active_ms ?? 0,
  };
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'empty', 'skipped']);

function recordOf(row: TurnRow, tokens: TokenRow | undefined): TurnRecord {
  const isSkip = row.kind === 'skip';
  const text = row.text ?? '';
  return {
    turn: row.turn,
    speaker: row.speaker,
    state: isSkip ? 'skipped' : text === '' ? 'empty' : 'completed',
    kind: row.kind,
    text,
    thinking: row.thinking ?? '',
    place: placeOf(row),
    choice: JSON.parse(row.choice) as SpeakerChoice,
    handoff: row.handoff,
    tools: row.tools === null ? [] : (JSON.parse(row.tools) as string[]),
    parsed: row.parsed === null ? null : (JSON.parse(row.parsed) as unknown),
    promptTokens: tokens?.prompt ?? 0,
    completionTokens: tokens?.completion ?? 0,
    activeMs: row.active_ms,
  };
}

function begunOf(attempts: readonly TurnRow[], tokens: TokenRow | undefined): BegunTurn[] {
  const last = attempts.at(-1);
  return last === undefined
    ? []
    : [
        {
          turn: last.turn,
          step: last.step,
          speaker: last.speaker,
          place: placeOf(last),
          choice: JSON.parse(last.choice) as SpeakerChoice,
          task: last.task === null ? { kind: 'reply' } : (JSON.parse(last.task) as TurnTask),
          attempts: last.attempt,
          promptTokens: tokens?.prompt ?? 0,
          completionTokens: tokens?.completion ?? 0,
          discarded: attempts.filter(({ state }) => state === 'discarded').length,
        },
      ];
}

/** Turns of servers before there were nested teams stand in the order of their numbers. */
function placeOf({ place, speaker, turn }: TurnRow): Place {
  return place === null ? [{ member: speaker, move: turn }] : (JSON.parse(place) as Place);
}
