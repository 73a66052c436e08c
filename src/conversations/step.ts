import { randomUUID } from 'node:crypto';
import { type Agent } from '../agents/prompt/agent';
import { type TurnTask } from '../agents/turn-task';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place, type TurnRecord } from './team/turn-record';
import { type OpenedTurn } from './transcript';

/** A turn of a step as it is to be taken, or taken up again. */
export interface StepTurn {
  readonly turn: number;
  /** Number of the first turn of the step. */
  readonly step: number;
  /** Null = the nested team at this place is passed over. */
  readonly agent: Agent | null;
  readonly place: Place;
  readonly choice: SpeakerChoice;
  readonly task: TurnTask;
  /** Calls that chose the speaker. */
  readonly choiceCalls: readonly ModelCallRecord[];
  /** Attempts that were made before the run was left, and the tokens of their calls. */
  readonly attemptsBefore: number;
  readonly tokensBefore: { readonly prompt: number; readonly completion: number };
  /** How often the turn was taken back. */
  readonly discarded: number;
}

/** A step: its turns are taken side by side and hear what was said before it. */
export interface Step {
  readonly turns: readonly StepTurn[];
  /** Turns of the step that ended before the run was left. */
  readonly held: readonly TurnRecord[];
}

/** An attempt at a turn as it begins: the first of those that are made now, or a later one. */
export function openedTurn(turn: StepTurn, made = 1): OpenedTurn {
  const { step, agent, place, task, choice, choiceCalls } = turn;
  const attempt = turn.attemptsBefore + made;
  return { turnId: randomUUID(), turn: turn.turn, attempt, step, agent, place, task, choice, choiceCalls };
}

/** The record of a nested team that was passed over. */
export function skipRecord({ turn, place, choice }: StepTurn, activeMs: number): TurnRecord {
  return {
    turn,
    place,
    choice,
    speaker: place.at(-1)?.member ?? '',
    state: 'skipped',
    kind: 'skip',
    text: '',
    thinking: '',
    handoff: null,
    tools: [],
    parsed: null,
    promptTokens: 0,
    completionTokens: 0,
    activeMs,
  };
}
