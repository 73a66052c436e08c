import { Injectable } from '@nestjs/common';
import { ModelCaller, type ModelCallRecord } from '../ollama/model-caller';
import { castBallot } from './cast-ballot';
import { replyAndHandOver } from './hand-over';
import { type Agent, type ContextPolicy, type HistoryView } from './prompt/agent';
import { type ContextUse } from './prompt/context-use';
import { type ItemFields } from './prompt/placeholders';
import { type SpokenTurn } from './prompt/prompt-builder';
import { readFormat } from './prompt/response-format';
import { TokenEstimates } from './prompt/token-estimate';
import { plainReply, structuredReply } from './reply';
import { TurnCalls } from './turn-calls';
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
  /** Why the answer does not fit its schema, the ballot could not be read, or to whom the agent hands over could not. */
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
  constructor(
    private readonly caller: ModelCaller,
    private readonly estimates: TokenEstimates,
  ) {}

  /**
   * The answer is told as it comes. Where one by a schema had to be cleaned or repaired, or a tool call was written down instead of
   * made, the text of the progress is another in the end, and that is what was said. A ballot is told when it has been read.
   * @param progress is filled while the agent speaks
   * @throws ModelCallError; or the reason of the signal when it was aborted
   */
  async speak(input: AgentTurnInput, progress: AgentTurnProgress): Promise<void> {
    const { agent, turnTask } = input;
    const calls = await TurnCalls.begin(this.caller, this.estimates, input, progress);
    if (turnTask.ballot) {
      await castBallot(calls, turnTask.ballot);
      return;
    }
    // A manager plans in its own words.
    const schema = turnTask.kind === 'plan' ? undefined : agent.response_format;
    const reply = schema === undefined ? plainReply() : structuredReply(readFormat(schema));
    await (turnTask.handoffs ? replyAndHandOver(calls, reply, turnTask.handoffs) : reply.give(calls, {}));
  }
}
