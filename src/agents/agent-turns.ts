import { Injectable } from '@nestjs/common';
import { ModelCaller, type ModelCallRecord } from '../ollama/model-caller';
import { type Agent, type ContextPolicy, type HistoryView } from './prompt/agent';
import { type ContextUse } from './prompt/context-use';
import { type ItemFields } from './prompt/placeholders';
import { buildPrompt, type SpokenTurn, stopSequences } from './prompt/prompt-builder';
import { TurnTextFilter } from './prompt/turn-text-filter';
import { type TurnTask } from './turn-task';

export interface AgentTurnInput {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly agent: Agent;
  /** The whole team. */
  readonly agents: readonly Agent[];
  readonly task: string;
  /** Fields of the dataset item of the run, for `{{item.<field>}}`. */
  readonly item: ItemFields;
  /** How often the agent will have spoken in the run with this turn, for `{{round}}`. */
  readonly round: number;
  /** What was said and can be heard at this place of the team; what of it the agent hears is decided here. */
  readonly history: readonly SpokenTurn[];
  /** What the agent hears at this place; counts more than its own `history`. */
  readonly view: HistoryView | null;
  /** What it is to do. */
  readonly turnTask: TurnTask;
  readonly contextPolicy: ContextPolicy;
  /** Sampling seed for an agent that has none of its own. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Hears the cleaned text and the thinking as they come. */
  readonly onText: (channel: 'text' | 'thinking', text: string) => void;
}

/** What a turn has brought so far; what it holds when the call fails is the partial result. */
export interface AgentTurnProgress {
  text: string;
  thinking: string;
  readonly calls: ModelCallRecord[];
  /** The structured answer, or the ballot; null where there is none. */
  parsed: unknown;
  /** Why the answer does not fit its schema. */
  formatError: string | null;
  /** To whom the agent hands over: one of the targets of the task. */
  handoff: string | null;
  /** Names of the tools that were called. */
  readonly tools: string[];
  /** What did not fit into the context; null when everything did. */
  context: ContextUse | null;
}

export function newProgress(): AgentTurnProgress {
  return {
    text: '',
    thinking: '',
    calls: [],
    parsed: null,
    formatError: null,
    handoff: null,
    tools: [],
    context: null,
  };
}

/** Lets one agent speak once. */
@Injectable()
export class AgentTurns {
  constructor(private readonly caller: ModelCaller) {}

  /**
   * @param progress is filled while the agent speaks
   * @throws ModelCallError; or the reason of the signal when it was aborted
   */
  async speak(input: AgentTurnInput, progress: AgentTurnProgress): Promise<void> {
    const { agent, agents } = input;
    const filter = new TurnTextFilter({ agent, agents });
    const take = ({ text, thinking }: { readonly text: string; readonly thinking: string }) => {
      progress.thinking += thinking;
      progress.text += text;
      input.onText('thinking', thinking);
      input.onText('text', text);
    };
    try {
      await this.caller.call(
        {
          purpose: 'reply',
          experimentId: input.experimentId,
          conversationId: input.conversationId,
          model: agent.model,
          messages: buildPrompt(input),
          options: { seed: input.seed, ...agent.options },
          stop: (modelStops) => stopSequences({ agent, agents, modelStops }),
          signal: input.signal,
          onPiece: (piece) => {
            take({ text: '', thinking: piece.thinking });
            take(filter.push(piece.text));
            return filter.isCut ? 'stop' : 'go on';
          },
        },
        progress.calls,
      );
    } finally {
      take(filter.end());
    }
  }
}
