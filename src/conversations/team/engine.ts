import { type TurnTask } from '../../agents/turn-task';
import { type ChatMessage } from '../../ollama/chat-message';
import { type EngineDefinition } from './definition/team-definition';
import { type SpeakerChoice, type ChoiceMethod } from './speaker-choice';
import { type EngineEnd } from './end-reason';
import { type TurnRecord } from './turn-record';

/**
 * One way of taking turns: given the finished moves of a team's visit it says which moves come next. Engines are pure
 * folds, see nothing of the teams around them, and are asked only when every move that they asked for has ended.
 */
export interface Engine<T extends EngineDefinition = EngineDefinition> {
  next(team: T, moves: readonly Move[], context: EngineContext): EngineStep;
}

/** One stay of a member at its place: a turn of an agent, or the visit of a nested team. */
export interface Move {
  /** From 1 in this visit of the team. */
  readonly number: number;
  /** Id of the member. */
  readonly member: string;
  /** Its turns, at least one. */
  readonly records: readonly TurnRecord[];
  /** The last of them. */
  readonly last: TurnRecord;
  /** The last message of the move; blank when nothing was said. */
  readonly text: string;
}

/** What comes next in a team. Moves that are planned together run side by side; all of them end before the engine is asked again. */
export type EngineStep =
  | { readonly kind: 'end'; readonly reason: EngineEnd }
  /** The run fails; the message names what is wrong. */
  | { readonly kind: 'fail'; readonly code: 'NO_OPEN_EDGE'; readonly message: string }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'moves'; readonly moves: readonly PlannedMove[] };

export interface PlannedMove {
  /** Id of the member. */
  readonly member: string;
  readonly choice: SpeakerChoice;
  /** What the agent is to do; an ordinary reply when it is left out. A nested team gets no task. */
  readonly task?: TurnTask;
}

/** A question to a model whose answer decides what comes next. */
export interface Question<T = unknown> {
  readonly purpose: 'selector' | 'ledger';
  /** Method of the choice when the answer is usable. */
  readonly method: ChoiceMethod;
  readonly candidates: readonly string[];
  /** Name of the agent who asks: its model is asked, whatever `model` says. */
  readonly asker?: string;
  /** Model to ask; null = the one of the asker, or without one whichever model of the agents is loaded. */
  readonly model: string | null;
  /** The prompt, with at most so many characters of what was said. */
  readonly messages: (historyCharacters: number) => readonly ChatMessage[];
  /** JSON schema of the answer. */
  readonly schema: Record<string, unknown>;
  readonly maxAttempts: number;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** Reads a raw answer; `problem` is a sentence that can be sent back to the model. */
  readonly read: (raw: string) => { readonly value: T } | { readonly problem: string };
  /** What the model is told after an answer with a problem. */
  readonly feedback: (problem: string) => string;
  /** What counts when no answer is usable; null = the run fails with SPEAKER_NOT_FOUND. */
  readonly fallback: () => T | null;
}

/** The answer to a question: what was read, and how. */
export interface Decision<T = unknown> {
  readonly value: T;
  readonly choice: SpeakerChoice;
}

/** What an engine may know besides the moves of its team. */
export interface EngineContext {
  readonly task: string;
  /** Who may take part, with what others know of them: the agents of the run and, by their names, the nested teams. */
  readonly roles: ReadonlyMap<string, string>;
  /** All turns of the run so far, as far as this team hears them. */
  readonly heard: readonly TurnRecord[];
  /** The answer to the question that was asked last at this place; null when none was. */
  readonly decision: Decision | null;
  /**
   * Seed of a random choice, made before the coming turn unless another is named. An engine that comes back to a choice
   * names the turn, so that it finds the same.
   */
  readonly seed: (purpose: string, turn?: number) => number;
}
