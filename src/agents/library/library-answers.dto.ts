import { ApiProperty } from '@nestjs/swagger';
import { type ErrorCode } from '../../common/errors/error-codes';

/** A saved agent or team in a list. */
export class LibraryEntryHead {
  /** @example "travel-guide" */
  id!: string;
  /** @example "Guide" */
  name!: string;
  /** What it is for. */
  description!: string | null;
  /** Number of the version, from 1. @example 2 */
  version!: number;
  /** Whether it comes with the product: such entries cannot be changed or deleted. */
  built_in!: boolean;
  /** ISO 8601, UTC. */
  created_at!: string;
  /** ISO 8601, UTC; when this version was saved. */
  updated_at!: string;
}

/** One version in the list of all of them. */
export class LibraryVersion {
  /** @example 2 */
  version!: number;
  /** Name that it had. @example "Guide" */
  name!: string;
  /** ISO 8601, UTC. */
  created_at!: string;
}

export class LibraryVersions {
  /** Newest first. Ask again with `before` = the last one. */
  versions!: LibraryVersion[];
  /** Number of the newest version. @example 2 */
  newest_version!: number;
}

export class LibraryRemoved {
  /** @example "Deleted" */
  message!: string;
}

/** Why an entry was refused. */
export class LibraryImportProblem {
  /** Kind of the fault. @example "missing" */
  type!: string;
  /** `body`, then the place: position in the list, names of fields. @example ["body", "agents", 0, "name"] */
  @ApiProperty({ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } })
  loc!: readonly (string | number)[];
  /** @example "Field required" */
  msg!: string;
  /** The wrong value, shortened. */
  input?: unknown;
}

/** What became of one entry of an import. */
export class LibraryImportItem {
  /** Place in the list, from 0. */
  index!: number;
  /** `unchanged` = its newest version was the same already. @example "saved" */
  status!: 'saved' | 'unchanged' | 'refused';
  /** @example "travel-guide" */
  id?: string;
  /** @example 1 */
  version?: number;
  /** Why it was refused. */
  code?: ErrorCode;
  /** The same for people. */
  message?: string;
  /** What is wrong with it, at most 100 problems. */
  detail?: LibraryImportProblem[];
}

/** What became of an import. */
export class LibraryImportReport {
  /** @example 1 */
  saved!: number;
  /** @example 0 */
  unchanged!: number;
  /** @example 0 */
  refused!: number;
  /** In the order of the list. */
  items!: LibraryImportItem[];
}
