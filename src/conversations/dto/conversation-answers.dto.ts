import { ApiProperty } from '@nestjs/swagger';
import { type ErrorCode } from '../../common/errors/error-codes';
import { Conversation, Message } from '../conversation.dto';

export class ConversationList {
  /** With all their messages. */
  conversations!: Conversation[];
  /** Only when `limit` or `cursor` was given: the `cursor` of the next page, null on the last one. */
  nextCursor?: string | null;
}

export class ConversationSaved {
  /** @example "Conversation saved" */
  message!: string;
  /** Its id, made up where none was sent. @example "conv-1" */
  id!: string;
}

export class ConversationUpdated {
  /** @example "Conversation updated" */
  message!: string;
  /** @example "conv-1" */
  id!: string;
}

export class ConversationDeleted {
  /** @example "Conversation deleted" */
  message!: string;
}

/** A message with its place. */
export class PlacedMessage extends Message {
  /** Place in the conversation, from 1. @example 1 */
  seq!: number;
}

export class MessagePage {
  /** In the order in which they were said. */
  messages!: PlacedMessage[];
  /** Place of the newest message of the conversation. @example 9 */
  lastSeq!: number;
}

/** How much is stored. */
export class StorageInfo {
  /** @example 3 */
  experiment_count!: number;
  /** Runs of experiments. @example 7 */
  conversation_count!: number;
  /** DATA_DIRECTORY as it is set. @example "data" */
  data_directory!: string;
  /** Saved by clients. @example 2 */
  imported_conversation_count!: number;
  /** The same as `data_directory`: all is in one database. @example "data" */
  imported_directory!: string;
  /** @example 9 */
  total_conversation_count!: number;
}

/** Why something was refused. */
export class ImportProblem {
  /** Kind of the fault. @example "missing" */
  type!: string;
  /** `body`, then the place: position in the list, names of fields; of text that is no JSON the byte. @example ["body", "messages", 0, "content"] */
  @ApiProperty({ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } })
  loc!: readonly (string | number)[];
  /** @example "Field required" */
  msg!: string;
  /** The wrong value, shortened. */
  input?: unknown;
}

/** What became of one conversation, or of a file that could not be read at all. */
export class ImportItem {
  /** Name of the file; null when the conversations were the body itself. @example "debate.json" */
  file!: string | null;
  /** Place in the list of the file, from 0; null when it holds a single conversation or could not be read. */
  index!: number | null;
  /** @example "saved" */
  status!: 'saved' | 'refused';
  /** Id under which it was saved. @example "conv-1" */
  id?: string;
  /** @example "Two views of Lisbon" */
  title?: string;
  /** @example 20 */
  messageCount?: number;
  /** Why it was refused. */
  code?: ErrorCode;
  /** What is wrong with it, at most 100 problems. */
  detail?: ImportProblem[];
}

export class ImportReport {
  /** Conversations that were saved. @example 1 */
  imported!: number;
  /** Conversations and files that were refused. @example 0 */
  refused!: number;
  /** In the order of the files and of the conversations in them. */
  items!: ImportItem[];
}
