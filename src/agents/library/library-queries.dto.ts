import { MAX_PAGE } from '../../common/pages/cursor';
import { PageQuery } from '../../common/pages/page-query.dto';
import { IntField, TextField } from '../../common/validation/fields';

/** Query of a list of saved agents or teams; `from` and `to` look at `updated_at`. */
export class LibraryListQuery extends PageQuery {}

/** Query of one entry. */
export class LibraryEntryQuery {
  /** Which version; left out = the newest. @example 1 */
  @IntField({ optional: true, min: 1, max: 2_147_483_647 })
  readonly version?: number;
}

/** Query of the versions of an entry. */
export class LibraryVersionsQuery {
  /** Most versions of the answer. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number = 100;

  /** Only versions before this one. @example 101 */
  @IntField({ optional: true, min: 1, max: 2_147_483_647 })
  readonly before?: number;
}

/** Query of an export. */
export class LibraryExportQuery {
  /** Ids with commas between them; left out = all. @example "guide,critic" */
  @TextField({ optional: true, minLength: 1, maxLength: 10_000 })
  readonly ids?: string;
}
