import { type SamplingOptions } from '../../ollama/sampling-options';

/** How a model is asked for this agent's turns. */
export interface AgentOptions extends SamplingOptions {
  /** Texts at which the model stops. */
  readonly stop?: readonly string[];
}

/** A member of a team: who it is, what it is told to be, and which model speaks for it. */
export interface Agent {
  readonly id: string;
  /** Identifier, unique in the team whatever its case (see agent-names.ts). */
  readonly name: string;
  /** System prompt. */
  readonly prompt: string;
  /** Model tag as Ollama lists it. */
  readonly model: string;
  /** Colour in the dashboard; any text. */
  readonly color: string;
  readonly options: AgentOptions;
  /** What others, and models that choose a speaker, are told of it; the beginning of its prompt when it is left out. */
  readonly description?: string;
  /** What it hears; everything when it is left out. */
  readonly history?: HistoryView;
  /** How it is told who said what: `prefix` = `Name: text`, `system` = a list in the system message, `none`. Default `prefix`. */
  readonly attribution?: 'prefix' | 'system' | 'none';
  /** Thinking that it gets to read: none (`drop`, the default), its own, or that of all (`share`). */
  readonly thinking?: 'drop' | 'own' | 'share';
  /** JSON schema of its answers. */
  readonly response_format?: Readonly<Record<string, unknown>>;
}

/** What an agent hears of what was said before. Its own messages are always there. */
export interface HistoryView {
  /** Only the last messages. */
  readonly last?: number;
  /** Only messages of these agents. */
  readonly from?: readonly string[];
}

/** What happens to a prompt that does not fit the context of its model: the turn fails, or the oldest messages are left out. */
export type ContextPolicy = 'fail' | 'drop_oldest';

/** One agent as the speaker of a turn, in the midst of its team. */
export interface SpeakerInTeam {
  readonly agent: Agent;
  /** The whole team in its order, the speaker included. */
  readonly agents: readonly Agent[];
}

/** Names of everyone in the team but the speaker, starting with whoever comes after it in the order. */
export function otherNames({ agent, agents }: SpeakerInTeam): string[] {
  const names = agents.map(({ name }) => name);
  const own = names.indexOf(agent.name);
  return [...names.slice(own + 1), ...names.slice(0, Math.max(own, 0))];
}
