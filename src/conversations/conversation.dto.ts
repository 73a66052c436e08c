import { type ErrorCode } from '../common/errors/error-codes';
import { type EndReason } from './team/end-reason';

/** An agent of a conversation. */
export class ConversationAgent {
  /** @example "agent-1" */
  id!: string;
  /** @example "Guide" */
  name!: string;
  /** @example "#10B981" */
  color!: string;
  /** Name before the agent was renamed; null when it was not. */
  originalName!: string | null;
  /** Model tag; `System` for the agent that says the prompt. @example "llama3.2:3b" */
  model!: string;
}

/** Something that was said. */
export class Message {
  /** UUID, or what the client that saved it chose. @example "0b9cf7a1-8f0b-4a5e-9d0a-3f6f7ad1b0a1" */
  id!: string;
  /** Id of the agent in the list of the same conversation. @example "agent-1" */
  agentId!: string;
  /** @example "Hello, where shall we begin?" */
  content!: string;
  /** ISO 8601, UTC. @example "2026-01-22T19:05:23.351Z" */
  timestamp!: string;
  /** Name of the agent, as existing clients know it; of a saved message what its client sent. @example "Guide" */
  model!: string | null;
}

/** Which stop rule ended a run. */
export class ConversationEnd {
  /** A stop rule, or what ended the team by itself; see docs/teams.md. @example "max_turns" */
  type!: EndReason['type'];
  /** The turn after which it ended. @example 8 */
  turn!: number;
  /** JSON pointer to the rule in the request; left out for `chat_rules`. @example "/stop/any/0" */
  rule?: string;
  /** What was met: the text for `termination` and `text`, the winner of a vote, … */
  detail?: string;
}

/** One run of an experiment, or a saved conversation, with all its messages. */
export class Conversation {
  /** `<experiment id>_<iteration>`; of a saved one any text. @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e_1" */
  id!: string;
  /** @example "Run 1" */
  title!: string;
  /** Of a run the agents of its experiment and `System`. */
  agents!: ConversationAgent[];
  /** In the order in which they were said; the first is the prompt. */
  messages!: Message[];
  /** ISO 8601, UTC. @example "2026-01-22T19:05:22.351Z" */
  createdAt!: string;
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experiment_id!: string | null;
  /** The same; only in answers of `/api/conversations`. @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experimentId?: string | null;
  /** Number of the run, from 1; null for the run in progress in the answer of an experiment. @example 1 */
  iteration!: number | null;
  /** Where an imported conversation came from. */
  source!: string | null;
  /** ISO 8601, UTC; when it was saved or imported. */
  importedAt!: string | null;
  /** How the run stands; `completed` for a saved conversation. @example "completed" */
  state!: 'running' | 'completed' | 'error' | 'cancelled';
  /** The stop rule that ended it; null while it runs and when it failed. */
  endReason!: ConversationEnd | null;
  /** Why it failed. */
  errorCode!: ErrorCode | null;
  /** Why it failed, for people. */
  error!: string | null;
}
