import { type ErrorCode } from '../common/errors/error-codes';

/** A message as every transport shows it. */
export interface MessageView {
  /** UUID. */
  id: string;
  agentId: string;
  content: string;
  /** ISO 8601, UTC. */
  timestamp: string;
  /** Name of the agent, as existing clients know it; its model tag is in the list of agents. */
  model: string;
}

/** Where an experiment stands; also the counters of the acknowledgement of a subscription. */
export interface StatusData {
  /** What existing clients know: running, completed, error. */
  status: string;
  /** The exact state. */
  state: string;
  /** Why it is paused. */
  pause_reason: string | null;
  /** Place among those that wait to run, from 1; null when it does not wait. */
  queue_position: number | null;
  /** Seconds until it is over, about, when this was written; null when it does not run, and while too little is known. */
  eta_seconds: number | null;
  current_iteration: number;
  iterations: number;
  completed_runs: number;
  failed_runs: number;
  completed_at: string | null;
  error_code: ErrorCode | null;
  error: string | null;
}

export interface ConversationStartedData {
  iteration: number;
  title: string;
}

export interface TurnData {
  iteration: number;
  /** Number of the turn in its run, from 1. */
  turn: number;
  /** Number of the attempt at it, from 1. */
  attempt: number;
  agent_id: string;
  agent_name: string;
  model: string;
}

/** How a speaker was chosen. */
export interface SpeakerData {
  method: string;
  candidates: readonly string[];
  attempts: number;
  raw: string | null;
  tokens: number;
  /** What a magentic manager found before it chose. */
  ledger?: { satisfied: boolean; in_loop: boolean; progress: boolean; instruction: string };
  /** What of the question to the model did not fit into its context; left out when it fitted. */
  context?: {
    estimated_tokens: number;
    num_ctx: number;
    /** Characters of what was said that it was shortened to. */
    history_characters: number;
    cut_by_ollama: boolean;
  };
  /** In a nested team: how the teams around it were chosen, from the outermost. */
  via?: readonly SpeakerData[];
}

export interface TurnStartedData extends TurnData {
  speaker: SpeakerData;
  /** Number of the first turn of its step: turns of one step are taken side by side. */
  step: number;
  /** `reply`, `ballot`, `plan` or `final`. */
  kind: string;
  /** Members of the teams on the way to the turn, from the outermost: its agent alone where no team is nested. */
  path: readonly string[];
}

/** A nested team was passed over because it had nothing new. */
export interface TurnSkippedData {
  iteration: number;
  turn: number;
  /** Name of the team. */
  team: string;
  path: readonly string[];
}

/** The prompt of a turn did not fit the context of its model. */
export interface TurnContextData extends TurnData {
  estimated_tokens: number;
  num_ctx: number;
  /** Messages that were left out, the oldest first. */
  dropped_messages: number;
  dropped_tokens: number;
  /** Whether Ollama cut the prompt on top of that. */
  cut_by_ollama: boolean;
}

export interface TurnFailedData extends TurnData {
  code: ErrorCode;
  error: string;
  /** Whether the turn is made again. */
  will_retry: boolean;
}

/** The last turn of a run was taken back to be made again: its message does not count any more. */
export interface TurnDiscardedData {
  iteration: number;
  /** Number of the turn. */
  turn: number;
  /** Id of the message that it had; null for an empty answer. */
  message_id: string | null;
  /** Place of that message in its run. */
  message_seq: number | null;
}

export interface MessageData {
  iteration: number;
  /** Place of the message in its run, from 1. */
  message_seq: number;
  /** The structured answer, for agents that have a `response_format`; the vote of a ballot. */
  parsed?: unknown;
  /** Why the answer does not fit its `response_format`, the ballot could not be read, or to whom the speaker hands over could not. */
  format_error?: string;
  /** To whom the speaker handed over. */
  handoff?: string;
}

export interface ConversationFinishedData {
  iteration: number;
  state: string;
  /** The stop rule that ended it; null when it failed. */
  end_reason: { type: string; turn: number; rule?: string; detail?: string } | null;
  error_code: ErrorCode | null;
  error: string | null;
  message_count: number;
  turn_count: number;
}

/** The data of every event that is stored, by its type. */
export interface StoredEventData {
  'experiment.status': StatusData;
  'conversation.started': ConversationStartedData;
  'turn.started': TurnStartedData;
  message: MessageData;
  'turn.failed': TurnFailedData;
  'turn.skipped': TurnSkippedData;
  'turn.context': TurnContextData;
  'turn.discarded': TurnDiscardedData;
  'conversation.finished': ConversationFinishedData;
}

export type StoredEventType = keyof StoredEventData;

/** What every stored event carries beside its data. */
export interface EventEnvelope<T extends StoredEventType> {
  /** Place in the stream of its experiment: 1, 2, 3, … without a gap. */
  seq: number;
  type: T;
  experiment_id: string;
  conversation_id: string | null;
  turn_id: string | null;
  /** ISO 8601, UTC. */
  created_at: string;
}

/** A stored event as clients get it. */
export type StoredEvent = {
  [T in StoredEventType]: EventEnvelope<T> &
    StoredEventData[T] &
    (T extends 'message' ? { message: MessageView } : unknown);
}[StoredEventType];

/** Text of a turn in progress. It passes by and is not stored; `offset` shows whether something was missed. */
export interface TurnDelta {
  experiment_id: string;
  conversation_id: string;
  turn_id: string;
  attempt: number;
  channel: 'text' | 'thinking';
  /** Characters of this channel that came before. */
  offset: number;
  text: string;
}

/** A turn in progress. */
export interface OpenTurn extends TurnData {
  turn_id: string;
  conversation_id: string;
}

/** An entry of the list of experiments, as the list room tells of it. */
export interface ExperimentListEntry extends StatusData {
  experiment_id: string;
  title: string;
  created_at: string;
  agent_count: number;
  message_count: number;
}

/** Every event that a Socket.IO client can receive, with its payload. */
export type ServerEvents = {
  [E in StoredEvent as E['type']]: (event: E) => void;
} & {
  'turn.delta': (delta: TurnDelta) => void;
  'experiment.created': (entry: ExperimentListEntry) => void;
  'experiment.changed': (entry: ExperimentListEntry) => void;
  'experiment.removed': (entry: { experiment_id: string }) => void;
  /** The server is about to stop; it is worth coming back. */
  'server.closing': (nothing: Record<string, never>) => void;
  error: (answer: { error: { code: ErrorCode; message: string } }) => void;
};
