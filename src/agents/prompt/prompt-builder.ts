import { type ChatMessage } from '../../ollama/chat-message';
import { type Agent, otherNames, type SpeakerInTeam } from './agent';
import { attributionOf } from './attribution';
import { fillPlaceholders, type ItemFields } from './placeholders';

/** Something that was said: a finished turn with text. */
export interface SpokenTurn {
  /** Name of the agent. */
  readonly speaker: string;
  readonly text: string;
  /** What the model thought before. */
  readonly thinking: string;
}

export interface PromptInput extends SpeakerInTeam {
  readonly task: string;
  /** Turns of agents only, oldest first, as far as the agent hears them. */
  readonly history: readonly SpokenTurn[];
  /** What placeholders in the agent's prompt, in the task and in the instruction stand for. */
  readonly item?: ItemFields;
  readonly round?: number;
  /** What the agent is told in this turn only, after all that was said. */
  readonly instruction?: string;
  /** In which form it is to answer. */
  readonly form?: AnswerForm;
}

/** What an agent is told about the form of its answer, besides the schema that the answer is constrained to. */
export interface AnswerForm {
  /** In the system message, where it costs nothing from turn to turn. */
  readonly system?: string;
  /** At the very end, where small models heed it. */
  readonly last: string;
}

export interface StopSequenceInput extends SpeakerInTeam {
  /** Stop sequences of the model itself (`PARAMETER stop`); a request that has `stop` replaces them. */
  readonly modelStops?: readonly string[];
}

/** Said where two assistant messages would meet, or the prompt would end on one. */
export const CONTINUE_LINE = 'Please continue.';

/**
 * Most stop sequences that a request gets because of other speakers. Ollama sets no limit, but compares every token
 * with each of them. Those left out cost a few tokens at most: TurnTextFilter cuts at every other speaker.
 */
export const MAX_STOP_SEQUENCES = 16;

/**
 * The prompt of one turn (decision 14): the agent's prompt as system message, the task as first user message, own
 * turns as assistant, those of others as user messages, marked as the agent's `attribution` says. After the system
 * message user and assistant alternate strictly, since chat templates of small models demand it, and the last one is a
 * user message. It ends with the instruction of the turn and the form of the answer.
 */
export function buildPrompt(input: PromptInput): ChatMessage[] {
  const { agent, task, history, item = {}, round = 1, instruction, form } = input;
  const fill = (text: string) => fillPlaceholders(text, { item, round, agentName: agent.name });
  const { legend, mark } = attributionOf(input);
  const system = [fill(agent.prompt), legend, form?.system ?? ''].filter((part) => part !== '').join('\n\n');
  const messages: ChatMessage[] = [{ role: 'system', content: system }];
  let heard = [fill(task)];
  for (const turn of history.filter(({ text }) => text.trim() !== '')) {
    const said = withThinking(turn, agent);
    if (turn.speaker === agent.name) {
      messages.push(userMessage(heard), { role: 'assistant', content: said });
      heard = [];
    } else {
      heard.push(mark(turn.speaker, said));
    }
  }
  const last = [fill(instruction ?? ''), form?.last ?? ''].filter((part) => part !== '');
  return [...messages, userMessage([...heard, ...last])];
}

/** Thinking is never put back unless the agent asks for it. */
function withThinking({ speaker, text, thinking }: SpokenTurn, agent: Agent): string {
  const isRead = agent.thinking === 'share' || (agent.thinking === 'own' && speaker === agent.name);
  return isRead && thinking.trim() !== '' ? `<think>\n${thinking.trim()}\n</think>\n\n${text}` : text;
}

/**
 * An agent that speaks twice in a row was asked to continue the first time, so the line stays where it was: the
 * messages of a turn are a prefix of those of the agent's next turn, which keeps Ollama's prompt cache useful.
 */
function userMessage(heard: readonly string[]): ChatMessage {
  return { role: 'user', content: heard.length === 0 ? CONTINUE_LINE : heard.join('\n\n') };
}

/**
 * Where the model has to stop: the agent's own stop sequences (else the model's), then `\nOther:` for the others in
 * the order in which they would speak next, as far as MAX_STOP_SEQUENCES leaves room. Own ones are never left out.
 */
export function stopSequences({ agent, agents, modelStops = [] }: StopSequenceInput): string[] {
  // An empty stop sequence would be found in every answer.
  const own = (agent.options.stop ?? modelStops).filter((stop) => stop !== '');
  const others = otherNames({ agent, agents }).map((name) => `\n${name}:`);
  const room = Math.max(MAX_STOP_SEQUENCES - own.length, 0);
  return [...new Set([...own, ...others.slice(0, room)])];
}
