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

export interface TurnStartedData extends TurnData {
  /** How the speaker was chosen. */
  speaker: {
    method: string;
    candidates: readonly string[];
    attempts: number;
    raw: string | null;
    tokens: number;
  };
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
}

export interface ConversationFinishedData {
  iteration: number;
  state: string;
  /** The stop rule that ended it; null when it failed. */
  end_reason: { type: string; turn: number; detail?: string } | null;
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
