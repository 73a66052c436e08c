import { ApiProperty } from '@nestjs/swagger';
import { type ErrorCode } from '../../common/errors/error-codes';
import { type ChoiceMethod } from '../team/speaker-choice';
import { type TurnKind } from '../team/turn-record';
import { type TurnState } from '../turn.entity';

/** What a magentic manager found before it chose. */
export class TurnLedger {
  /** @example false */
  satisfied!: boolean;
  /** @example false */
  in_loop!: boolean;
  /** @example true */
  progress!: boolean;
  /** What the speaker was asked to do. @example "Check the numbers." */
  instruction!: string;
}

/** A question that did not fit into the context of its model as it was. */
export class TurnQuestionContext {
  /** Tokens of the question as it was sent, as estimated before. @example 380 */
  estimated_tokens!: number;
  /** @example 512 */
  num_ctx!: number;
  /** Characters of what was said that it was shortened to. @example 1000 */
  history_characters!: number;
  /** Whether Ollama cut the question on top of that. @example false */
  cut_by_ollama!: boolean;
}

/** How a speaker was chosen. */
export class TurnChoice {
  /** Rule that named the speaker; `fallback` when the model that chooses gave no usable answer. @example "selector" */
  method!: ChoiceMethod;
  /** Names that were allowed to speak. @example ["Guide", "Critic"] */
  candidates!: string[];
  /** Calls of the model that chose; 0 when none was needed. @example 1 */
  attempts!: number;
  /** Its last raw answer. @example "{\"next_speaker\":\"Critic\"}" */
  raw!: string | null;
  /** Tokens of all these calls. @example 210 */
  tokens!: number;
  ledger?: TurnLedger;
  /** What of the question to the model did not fit into its context; left out when it fitted. */
  context?: TurnQuestionContext;
  /** In a nested team: how the teams around it were chosen, from the outermost. */
  @ApiProperty({ type: () => [TurnChoice], required: false, example: [] })
  via?: TurnChoice[];
}

/** What did not fit into the context of the model. */
export class TurnContext {
  /** Tokens of the prompt as it was sent, as estimated before. @example 7900 */
  estimated_tokens!: number;
  /** @example 8192 */
  num_ctx!: number;
  /** Messages that were left out, the oldest first. @example 12 */
  dropped_messages!: number;
  /** Estimated tokens of those. @example 2400 */
  dropped_tokens!: number;
  /** Whether Ollama cut the prompt on top of that. @example false */
  cut_by_ollama!: boolean;
}

/** One attempt at one turn of a run. */
export class Turn {
  /** UUID. */
  id!: string;
  /** Number of the turn in its run, from 1. @example 2 */
  turn!: number;
  /** Number of the attempt at it, from 1. @example 1 */
  attempt!: number;
  /** Number of the first turn of its step: turns of one step are taken side by side. @example 2 */
  step!: number;
  /** `skip` = a nested team was passed over. @example "reply" */
  kind!: TurnKind;
  /** Members of the teams on the way to the turn, from the outermost. @example ["jury", "Critic"] */
  path!: string[];
  /** @example "completed" */
  state!: TurnState;
  /** Name of the agent; of a team that was passed over its name. @example "Critic" */
  speaker!: string;
  /** Empty for a team that was passed over. @example "agent-2" */
  agent_id!: string;
  choice!: TurnChoice;
  /** Id of the message that it brought. */
  message_id!: string | null;
  /** What had been said when it failed, was taken back, or so far. */
  partial_text!: string | null;
  /** What the model thought before it spoke. */
  thinking!: string | null;
  /** The structured answer, or the ballot. */
  @ApiProperty({ nullable: true, description: 'The structured answer, or the ballot.' })
  parsed!: unknown;
  /** Why the answer does not fit its `response_format`, the ballot could not be read, or to whom the speaker hands over could not. */
  format_error!: string | null;
  /** To whom the speaker handed over. */
  handoff!: string | null;
  /** Names of the tools that were called. */
  tools!: string[];
  /** Null when the prompt fitted. */
  context!: TurnContext | null;
  error_code!: ErrorCode | null;
  error!: string | null;
  /** Tokens of all calls of this attempt, the choice of its speaker included. @example 512 */
  prompt_tokens!: number;
  /** @example 128 */
  completion_tokens!: number;
  /** Active milliseconds of its run at its end; what the run waited for a slot of a model server does not count. @example 5200 */
  active_ms!: number;
  /** ISO 8601, UTC. */
  started_at!: string;
  /** ISO 8601, UTC; null while it runs. */
  finished_at!: string | null;
}

export class TurnPage {
  /** In the order of their numbers, each with all attempts. */
  turns!: Turn[];
  /** Number of the newest turn of the run. @example 9 */
  last_turn!: number;
}
