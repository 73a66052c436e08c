import { MAX_PAGE } from '../../common/pages/cursor';
import { ChoiceField, IntField, TextField, TimeField } from '../../common/validation/fields';
import { type ConversationState } from '../conversation.entity';

/** What both lists of conversations can be asked for. */
class ConversationPageQuery {
  /** Most entries of the answer; left out = all. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number;

  /** `nextCursor` of the answer before. */
  @TextField({ optional: true, maxLength: 5_000 })
  readonly cursor?: string;

  /** Only conversations with an agent that has this model; `m` = `m:latest`. @example "llama3.2:3b" */
  @TextField({ optional: true, trim: true, nonBlank: true, maxLength: 500 })
  readonly model?: string;

  /** Only from this time on; ISO 8601. @example "2026-01-22T00:00:00.000Z" */
  @TimeField({ optional: true })
  readonly from?: string;

  /** Only before this time; ISO 8601. @example "2026-01-23T00:00:00.000Z" */
  @TimeField({ optional: true })
  readonly to?: string;
}

/** Query of the list of saved conversations; `from` and `to` look at `importedAt`. */
export class SavedConversationsQuery extends ConversationPageQuery {
  /** Only conversations with exactly this source. @example "import" */
  @TextField({ optional: true, maxLength: 100 })
  readonly source?: string;
}

/** Query of the runs of an experiment; `from` and `to` look at `createdAt`. */
export class RunsQuery extends ConversationPageQuery {
  /** Only runs that ended like this. @example "completed" */
  @ChoiceField(['completed', 'error', 'cancelled'], { optional: true })
  readonly status?: Exclude<ConversationState, 'running'>;
}

/** Query of a page of messages. */
export class MessagesQuery {
  /** Place of the last message that is known already. @example 0 */
  @IntField({ optional: true, min: 0 })
  readonly after_seq?: number = 0;

  /** Most messages of one answer. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number = 100;
}

/** Formats of an export. */
export const EXPORT_FORMATS = ['json', 'md', 'txt'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Query of an export. */
export class ExportQuery {
  /** `json` can be imported again; `md` and `txt` are for reading. @example "json" */
  @ChoiceField(EXPORT_FORMATS, { optional: true })
  readonly format?: ExportFormat = 'json';
}
