import { Injectable } from '@nestjs/common';
import { agentsOfRow } from '../conversation-text';
import {
  conversationNotFound,
  ConversationRepository,
  type ExportRow,
  type MessageRow,
} from '../conversation.repository';
import { type ExportFormat } from '../dto/conversation-queries.dto';
import { namesOf } from '../saved/saved-conversation';
import { attachmentHeader } from './content-disposition';
import { EXPORT_TEXTS, type ExportMessage } from './export-texts';

/** Messages that are read at once. */
const PAGE = 50;

/** A file that is made while it is sent. */
export interface ExportFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly texts: AsyncIterable<string>;
}

/** Conversations as files. They are read in pages, so that an export needs no memory to speak of. */
@Injectable()
export class ConversationExports {
  constructor(private readonly repository: ConversationRepository) {}

  /** @throws DomainError CONVERSATION_NOT_FOUND */
  async open(id: string, format: ExportFormat): Promise<ExportFile> {
    const row = await this.repository.getExport(id);
    return {
      headers: {
        'Content-Type': EXPORT_TEXTS[format].mediaType,
        'Content-Disposition': attachmentHeader(row.title, format),
      },
      texts: this.write(row, format),
    };
  }

  private async *write(row: ExportRow, format: ExportFormat): AsyncGenerator<string> {
    const { start, message, end } = EXPORT_TEXTS[format];
    const agents = agentsOfRow(row);
    const head = { id: row.id, title: row.title, agents, createdAt: row.created_at, source: row.source };
    yield start(head);
    const names = row.experiment_id === null ? namesOf(agents) : new Map<string, string>();
    for await (const stored of this.messages(row)) {
      yield message(toExport(stored, names));
    }
    yield end(head);
  }

  private async *messages(row: ExportRow): AsyncGenerator<MessageRow> {
    for (let seq = 0; seq < row.message_count;) {
      const page = await this.repository.messages(row, seq, PAGE);
      const last = page.at(-1);
      if (!last) {
        // It was replaced or removed meanwhile.
        throw conversationNotFound(row.id);
      }
      yield* page;
      seq = last.seq;
    }
  }
}

/** The agents of a saved conversation may have got other names since its messages were written. */
function toExport(
  { seq, id, agent_id: agentId, speaker, content, created_at: timestamp, model }: MessageRow,
  names: ReadonlyMap<string, string>,
): ExportMessage {
  return { seq, id, agentId, speaker: names.get(agentId) ?? speaker, content, timestamp, model };
}
