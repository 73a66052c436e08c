import { LEDGER_ATTEMPTS } from '../../conversations/team/engines/magentic-ledger';
import { type SpeakerChoice } from '../../conversations/team/speaker-choice';
import { blemishesOf } from './hygiene';
import { type Strength } from './options';
import { type PatternName, PATTERNS, type Pattern } from './patterns';
import { type StoredExperiment, type StoredTurn } from './stored';

/** Some of all. */
export interface Share {
  readonly of: number;
  readonly held: number;
}

/** What came of the conversations of a pattern. */
export interface Figures {
  readonly pattern: PatternName;
  readonly strength: Strength;
  readonly conversations: number;
  /** Ended by a rule, not by an error. */
  readonly endedByRule: Share;
  /** How often each rule, or each error, ended a run. */
  readonly endings: Readonly<Record<string, number>>;
  readonly turns: number;
  /** Choices of a speaker for which a model was asked (selectors, ledgers, handoffs), and those that it decided. */
  readonly speakers: Share;
  /** Questions to a model for each of these choices. */
  readonly attempts: number | null;
  /** Ballots that could be read. */
  readonly ballots: Share;
  /** Structured answers that were valid at once, and in the end. */
  readonly validAtOnce: Share;
  readonly valid: Share;
  readonly messages: number;
  readonly echoed: number;
  readonly forOthers: number;
  readonly think: number;
}

export function figuresOf(
  pattern: PatternName,
  strength: Strength,
  { runs, turns, messages }: StoredExperiment,
): Figures {
  const { agents }: Pattern = PATTERNS[pattern];
  const team = agents.map(({ name }) => name);
  const choices = [...turns.flatMap(chosenByModel), ...turns.flatMap(handedOver)];
  const ballots = turns.filter(({ kind }) => kind === 'ballot');
  const structured = turns.filter(({ kind, speaker }) => kind === 'reply' && hasFormat(agents, speaker));
  const hasNumbers = agents.some(({ attribution }) => attribution === 'system');
  const found = messages.map(({ content, speaker }) => blemishesOf(content, speaker, team, hasNumbers));
  return {
    pattern,
    strength,
    conversations: runs.length,
    endedByRule: share(runs, ({ state, endedBy }) => state === 'completed' && endedBy !== null),
    endings: counted(runs.map(({ endedBy, errorCode, state }) => endedBy ?? errorCode ?? state)),
    turns: turns.length,
    speakers: share(choices, ({ isDecided }) => isDecided),
    attempts:
      choices.length === 0 ? null : choices.reduce((sum, { attempts }) => sum + attempts, 0) / choices.length,
    ballots: share(ballots, ({ formatError }) => formatError === null),
    validAtOnce: share(structured, (turn) => isValid(turn) && (turn.calls.repair ?? 0) === 0),
    valid: share(structured, isValid),
    messages: messages.length,
    echoed: found.filter(({ echoed }) => echoed).length,
    forOthers: found.filter(({ forOthers }) => forOthers).length,
    think: found.filter(({ think }) => think).length,
  };
}

interface Choice {
  readonly attempts: number;
  readonly isDecided: boolean;
}

/** The questions of selectors and managers that led to a turn. */
function chosenByModel({ choice }: StoredTurn): Choice[] {
  return [choice, ...(choice.via ?? [])]
    .filter(({ attempts }) => attempts > 0)
    .map((one) => ({ attempts: one.attempts, isDecided: !isFallback(one) }));
}

/** A manager's own turn hides what led to it: its fallback is the verdict that nobody else gives after the last attempt. */
function isFallback({ method, attempts, ledger }: SpeakerChoice): boolean {
  return (
    method === 'fallback' ||
    (method === 'manager' &&
      attempts >= LEDGER_ATTEMPTS &&
      ledger?.progress === false &&
      ledger.instruction === FALLBACK_INSTRUCTION)
  );
}

const FALLBACK_INSTRUCTION = 'Continue with the task.';

/**
 * To whom the speaker of a swarm hands over: asked after the reply, or by the tools that it has. With tools only turns count in
 * which it tried to: a call that it never made leaves no trace. A call that is left in the message was overlooked.
 */
function handedOver({ task, calls, formatError, text, tools }: StoredTurn): Choice[] {
  if (task?.handoffs === undefined) {
    return [];
  }
  const isOverlooked = /transfer_?to_?/i.test(text);
  const isDecided = formatError === null && !isOverlooked;
  if (tools.length === 0 && calls.handoff !== undefined) {
    return [{ attempts: calls.handoff, isDecided }];
  }
  const hasTried = tools.length > 0 || isOverlooked || formatError !== null;
  return hasTried ? [{ attempts: (calls.reply ?? 0) + (calls.handoff ?? 0), isDecided }] : [];
}

function hasFormat(agents: Pattern['agents'], speaker: string): boolean {
  return agents.some(({ name, response_format }) => name === speaker && response_format !== undefined);
}

function isValid({ parsed, formatError }: StoredTurn): boolean {
  return parsed !== null && formatError === null;
}

function share<T>(all: readonly T[], holds: (one: T) => boolean): Share {
  return { of: all.length, held: all.filter(holds).length };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
