import { MAX_PAGE } from '../../common/pages/cursor';
import { PageQuery } from '../../common/pages/page-query.dto';
import { ChoiceField, IntField, TextField } from '../../common/validation/fields';
import { type ConversationState } from '../conversation.entity';

/** Query of the list of saved conversations; `from` and `to` look at `importedAt`. */
export class SavedConversationsQuery extends PageQuery {
  /** Only conversations with exactly this source. @example "import" */
  @TextField({ optional: true, maxLength: 100 })
  readonly source?: string;
}

/** Query of the runs of an experiment; `from` and `to` look at `createdAt`. */
export class RunsQuery extends PageQuery {
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
