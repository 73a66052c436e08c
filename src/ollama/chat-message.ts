import { type ToolCall } from './chat-line';

/** A message of a prompt as it is sent to a chat model. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Tools that the assistant called in this message. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a `tool` message: the call that it answers. */
  readonly answers?: ToolCall;
}

/** A tool that a model may call. */
export interface ChatTool {
  readonly name: string;
  /** What the model is told of it. */
  readonly description: string;
  /** JSON schema of its arguments: an object. */
  readonly parameters: Record<string, unknown>;
}
