import { otherNames, type SpeakerInTeam } from './agent';
import { type ChatMessage } from '../../ollama/chat-message';

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
  /** Turns of agents only, oldest first. */
  readonly history: readonly SpokenTurn[];
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
 * turns as assistant, those of others as user messages `Name: text`. After the system message user and assistant
 * alternate strictly, since chat templates of small models demand it, and the last one is a user message.
 */
export function buildPrompt({ agent, task, history }: PromptInput): ChatMessage[] {
  const messages: ChatMessage[] = [{ role: 'system', content: agent.prompt }];
  let heard = [task];
  for (const { speaker, text } of history.filter((turn) => turn.text.trim() !== '')) {
    if (speaker === agent.name) {
      messages.push(userMessage(heard), { role: 'assistant', content: text });
      heard = [];
    } else {
      heard.push(`${speaker}: ${text}`);
    }
  }
  return [...messages, userMessage(heard)];
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
