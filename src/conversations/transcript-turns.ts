import { type StreamTransaction } from '../live/event-log';
import { type TurnData } from '../live/event-types';
import { type AgentTurnProgress } from '../agents/agent-turns';
import { type TurnState } from './turn.entity';
import { countTurn, insertCalls, insertMessage } from './transcript-rows';

/** A run that turns belong to, as far as their events need it. */
export interface TurnRun {
  readonly conversationId: string;
  /** Number of the run, from 1. */
  readonly iteration: number;
  /** Model of the agent of a name. */
  readonly modelOf: (agentName: string) => string;
}

export function turnRunOf(run: {
  readonly conversationId: string;
  readonly iteration: number;
  readonly agents: readonly { readonly name: string; readonly model: string }[];
}): TurnRun {
  const { conversationId, iteration, agents } = run;
  return {
    conversationId,
    iteration,
    modelOf: (name) => agents.find((agent) => agent.name === name)?.model ?? '',
  };
}

/** What an attempt brought, as it is stored. */
export type TurnResult = Pick<
  AgentTurnProgress,
  'text' | 'thinking' | 'calls' | 'parsed' | 'formatError' | 'handoff' | 'tools' | 'context'
>;

/** A turn that ended well, as it is published. */
export interface EndedTurn {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agentId: string;
  readonly speaker: string;
  /** Blank when nothing was said. */
  readonly text: string;
  readonly parsed: unknown;
  readonly formatError: string | null;
  readonly handoff: string | null;
}

interface HeldRow {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agent_id: string;
  readonly speaker: string;
  readonly kind: string;
  readonly place: string;
  readonly partial_text: string | null;
  readonly parsed: string | null;
  readonly format_error: string | null;
  readonly handoff: string | null;
}

/**
 * Stores what an attempt brought, with its calls and the note about its context. The text stays with the turn only as long as no
 * message has it.
 */
export async function storeResult(
  { tx, append }: StreamTransaction,
  conversationId: string,
  { turnId, data, activeMs }: { readonly turnId: string; readonly data: TurnData; readonly activeMs: number },
  state: TurnState,
  result: TurnResult,
): Promise<void> {
  await tx.query(
    `UPDATE turns SET state = ?, partial_text = ?, thinking = ?, parsed = ?, format_error = ?, handoff = ?, tools = ?, context = ?,
            active_ms = ?, finished_at = ? WHERE id = ?`,
    [
      state,
      state === 'completed' ? null : textOrNull(result.text),
      textOrNull(result.thinking),
      result.parsed === null ? null : JSON.stringify(result.parsed),
      result.formatError,
      result.handoff,
      result.tools.length === 0 ? null : JSON.stringify(result.tools),
      result.context === null ? null : JSON.stringify(result.context),
      activeMs,
      new Date().toISOString(),
      turnId,
    ],
  );
  await insertCalls(tx, conversationId, turnId, result.calls);
  if (result.context !== null) {
    await append('turn.context', { ...data, ...result.context }, { conversationId, turnId });
  }
}

/** Publishes the turns of a step that have ended, in the order of their numbers. */
export async function publishHeld(stream: StreamTransaction, run: TurnRun): Promise<void> {
  const { conversationId } = run;
  const held = await stream.tx.query<HeldRow[]>(
    `SELECT id, turn, attempt, agent_id, speaker, kind, place, partial_text, parsed, format_error, handoff FROM turns
      WHERE conversation_id = ? AND state = 'held' ORDER BY turn`,
    [conversationId],
  );
  for (const row of held) {
    const { id, turn, attempt, speaker, handoff } = row;
    const text = row.partial_text ?? '';
    const isSkip = row.kind === 'skip';
    await stream.tx.query('UPDATE turns SET state = ?, partial_text = NULL WHERE id = ?', [
      isSkip ? 'skipped' : endState(text),
      id,
    ]);
    if (isSkip) {
      await tellSkip(stream, run, row);
    } else {
      const parsed = row.parsed === null ? null : (JSON.parse(row.parsed) as unknown);
      const formatError = row.format_error;
      const ended = { id, turn, attempt, agentId: row.agent_id, speaker, text, parsed, formatError, handoff };
      await publish(stream, run, ended);
    }
  }
}

/** How a turn ends that brought a text, or none. */
export function endState(text: string): 'completed' | 'empty' {
  return text === '' ? 'empty' : 'completed';
}

async function tellSkip({ tx, append }: StreamTransaction, run: TurnRun, row: HeldRow): Promise<void> {
  const { conversationId, iteration } = run;
  await countTurn(tx, conversationId, true);
  const path = (JSON.parse(row.place) as { member: string }[]).map(({ member }) => member);
  await append(
    'turn.skipped',
    { iteration, turn: row.turn, team: row.speaker, path },
    { conversationId, turnId: row.id },
  );
}

/** Publishes a turn: its message, the counters and the event. An empty answer is no message, but the turn counts. */
export async function publish(
  { tx, append }: StreamTransaction,
  run: TurnRun,
  ended: EndedTurn,
): Promise<void> {
  const { conversationId, iteration } = run;
  const { id: turnId, turn, speaker, text } = ended;
  const seq = await countTurn(tx, conversationId, text === '');
  if (text === '') {
    await append(
      'turn.failed',
      {
        iteration,
        turn,
        attempt: ended.attempt,
        agent_id: ended.agentId,
        agent_name: speaker,
        model: run.modelOf(speaker),
        code: 'EMPTY_ANSWER',
        error: EMPTY_TEXT,
        will_retry: false,
      },
      { conversationId, turnId },
    );
    return;
  }
  const messageId = await insertMessage(tx, {
    conversationId,
    seq,
    turnId,
    agentId: ended.agentId,
    speaker,
    content: text,
    createdAt: new Date().toISOString(),
  });
  await append(
    'message',
    {
      iteration,
      message_seq: seq,
      ...(ended.parsed === null ? {} : { parsed: ended.parsed }),
      ...(ended.formatError === null ? {} : { format_error: ended.formatError }),
      ...(ended.handoff === null ? {} : { handoff: ended.handoff }),
    },
    { conversationId, turnId, messageId },
  );
}

const EMPTY_TEXT = 'The model gave an empty answer; the turn counts.';

function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}
