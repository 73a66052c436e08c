import { IntField, TextField, TimeField } from '../validation/fields';
import { MAX_PAGE } from './cursor';

/** What every list that is given page by page can be asked for. */
export class PageQuery {
  /** Most entries of the answer, which then names the next page; left out = all. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number;

  /** The next page as the answer before named it. */
  @TextField({ optional: true, maxLength: 5_000 })
  readonly cursor?: string;

  /** Only what has an agent with this model; `m` = `m:latest`. @example "llama3.2:3b" */
  @TextField({ optional: true, trim: true, nonBlank: true, maxLength: 500 })
  readonly model?: string;

  /** Only from this time on; ISO 8601. @example "2026-01-22T00:00:00.000Z" */
  @TimeField({ optional: true })
  readonly from?: string;

  /** Only before this time; ISO 8601. @example "2026-01-23T00:00:00.000Z" */
  @TimeField({ optional: true })
  readonly to?: string;
}
