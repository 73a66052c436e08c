import { Injectable } from '@nestjs/common';
import { ModelCaller, type ModelCallRecord } from '../ollama/model-caller';
import { type Agent } from './prompt/agent';
import { buildPrompt, type SpokenTurn, stopSequences } from './prompt/prompt-builder';
import { TurnTextFilter } from './prompt/turn-text-filter';

export interface AgentTurnInput {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly agent: Agent;
  /** The whole team. */
  readonly agents: readonly Agent[];
  readonly task: string;
  readonly history: readonly SpokenTurn[];
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
}

export function newProgress(): AgentTurnProgress {
  return { text: '', thinking: '', calls: [] };
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
