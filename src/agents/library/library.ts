import { DomainError, ValidationFailedError } from '../../common/errors/domain-error';
import { type Cursor, DEFAULT_PAGE, decodeCursor, encodeCursor } from '../../common/pages/cursor';
import { type DtoClass } from '../../common/validation/dto-fields';
import { type Loc, tooMany, wrongValue } from '../../common/validation/field-problems';
import { requireObject, validateAt } from '../../common/validation/validate-request';
import { type Settings } from '../../config/settings.schema';
import { derivedId } from '../../idempotency/derived-id';
import { type LibraryChanges } from './library-changes';
import { type LibraryKind } from './library-entry.entity';
import { entryBuiltIn, notInLibrary } from './library-faults';
import { libraryIdProblems } from './library-id';
import {
  type LibraryImportItem,
  type LibraryImportReport,
  type LibraryRemoved,
  type LibraryVersions,
} from './library-answers.dto';
import { type LibraryDefinition, type LibraryHead, type LibraryItem } from './library-item';
import { type LibraryListQuery, type LibraryVersionsQuery } from './library-queries.dto';
import { cursorOf, isAfter, isListed, newestFirst } from './library-order';
import { type LibraryDraft, type LibrarySave, type LibraryStore } from './library-store';

/** What a client sends of an entry. */
export interface SaveRequest {
  /** Empty when it is to be made up. */
  readonly id: string;
  readonly name: string;
  readonly version?: number;
}

/** An entry after it was saved; `changed` is false when its newest version was the same already. */
export type SavedItem<D extends LibraryDefinition> = LibraryItem<D> & { readonly changed: boolean };

/** A page of a list. */
export interface LibraryPage {
  readonly entries: LibraryHead[];
  /** Null on the last page; left out when no page was asked for. */
  readonly next_cursor?: string | null;
}

/** Entries that are read at once for an export. */
const EXPORT_BATCH = 100;

/**
 * Saved agents or saved teams from the request to the answer: each kind says what its definitions are.
 * What is built in stands beside what is stored and behaves like it, but never changes.
 */
export abstract class Library<R extends SaveRequest, D extends LibraryDefinition> {
  constructor(
    protected readonly store: LibraryStore,
    protected readonly changes: LibraryChanges,
    protected readonly settings: Settings,
    private readonly kind: LibraryKind,
    private readonly requestType: DtoClass<R>,
    private readonly builtIn: readonly LibraryItem<D>[] = [],
  ) {}

  /**
   * Checks what was sent, and gives what is kept of it.
   * @param loc place of the request in the body
   * @throws ValidationFailedError; DomainError with the code of what is wrong
   */
  protected abstract definitionOf(request: R, loc: Loc): D | Promise<D>;

  /**
   * Entries, the one that was changed last first.
   * @throws ValidationFailedError when the cursor is none of ours
   */
  async list(query: LibraryListQuery): Promise<LibraryPage> {
    const { limit, cursor } = query;
    const isPaged = limit !== undefined || cursor !== undefined;
    const size = isPaged ? (limit ?? DEFAULT_PAGE) : this.settings.maxLibraryEntries;
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const found = [
      ...(await this.store.list(this.kind, query, after, size + 1)),
      ...this.builtIn.filter((entry) => isAfter(entry, after) && isListed(entry, query)).map(headOf),
    ].toSorted(newestFirst);
    if (!isPaged) {
      return { entries: found };
    }
    const entries = found.slice(0, size);
    const last = entries.at(-1);
    return { entries, next_cursor: found.length > size && last ? encodeCursor(cursorOf(last)) : null };
  }

  /** @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND */
  async get(id: string, version?: number): Promise<LibraryItem<D>> {
    const item = await this.find(id, version);
    if (item === null) {
      throw notInLibrary(this.kind, id, version);
    }
    return item;
  }

  /** The versions of an entry, newest first. @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND */
  async versions(id: string, { limit = 100, before }: LibraryVersionsQuery): Promise<LibraryVersions> {
    const { built_in, version: newest, name, created_at } = await this.get(id);
    const versions = built_in
      ? [{ version: newest, name, created_at }].filter(({ version }) => version < (before ?? Infinity))
      : await this.store.versions(this.kind, id, before ?? newest + 1, limit);
    return { versions, newest_version: newest };
  }

  /**
   * Saves a new entry.
   * @param newId its id when it brings none
   * @throws DomainError LIBRARY_ID_TAKEN, LIBRARY_ENTRY_BUILT_IN, LIBRARY_FULL; what `definitionOf` throws
   */
  async create(request: R, newId: string): Promise<SavedItem<D>> {
    const id = request.id === '' ? newId : request.id;
    this.assertId(id, ['body', 'id']);
    const definition = await this.definitionOf(request, ['body']);
    return this.told(await this.store.create(this.kind, { id, definition }));
  }

  /**
   * Saves a new version of an entry; saving the same again makes none.
   * @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND, LIBRARY_ENTRY_BUILT_IN, LIBRARY_VERSION_CONFLICT; what `definitionOf` throws
   */
  async change(id: string, request: R): Promise<SavedItem<D>> {
    await this.assertChangeable(id);
    if (request.id !== '' && request.id !== id) {
      throw new ValidationFailedError([
        wrongValue(['body', 'id'], 'must be the id of the address: it cannot be changed', request.id),
      ]);
    }
    const definition = await this.definitionOf(request, ['body']);
    return this.told(await this.store.change(this.kind, { id, definition, version: request.version }));
  }

  /** @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND, LIBRARY_ENTRY_BUILT_IN */
  async remove(id: string): Promise<LibraryRemoved> {
    await this.assertChangeable(id);
    if (!(await this.store.remove(this.kind, id))) {
      throw notInLibrary(this.kind, id);
    }
    this.changes.next({ what: 'removed', kind: this.kind, id });
    return { message: 'Deleted' };
  }

  /**
   * JSON text of some or all entries, as an import takes it.
   * @param ids with commas between them; all that are not built in when left out
   * @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND
   */
  async *exported(ids?: string): AsyncGenerator<string> {
    let separator = `{"format":"llama-herd/${this.kind}s","${this.kind}s":[`;
    for await (const { id, definition } of ids === undefined ? this.all() : this.named(ids)) {
      yield `${separator}${JSON.stringify({ id, ...definition })}`;
      separator = ',';
    }
    yield separator === ',' ? ']}' : `${separator}]}`;
  }

  /**
   * Saves each entry of an export, or refuses it on its own. One whose id is known becomes its new version.
   * @param importId ids that are made up follow from it, so that the same import finds what it saved
   * @throws ValidationFailedError when there is no list of entries
   */
  async import(body: unknown, importId: string): Promise<LibraryImportReport> {
    const field = `${this.kind}s`;
    const entries = requireObject(body, 'body')[field];
    const { maxLibraryEntries: max } = this.settings;
    if (!Array.isArray(entries)) {
      throw new ValidationFailedError([wrongValue(['body', field], 'must be a list of entries', entries)]);
    }
    if (entries.length > max) {
      throw new ValidationFailedError([tooMany(['body', field], max, entries)]);
    }
    const items: LibraryImportItem[] = [];
    for (const [index, raw] of entries.entries()) {
      items.push({
        index,
        ...(await this.importOne(raw, ['body', field, index], derivedId(importId, `${index}`))),
      });
    }
    const count = (wanted: LibraryImportItem['status']) =>
      items.filter(({ status }) => status === wanted).length;
    return { saved: count('saved'), unchanged: count('unchanged'), refused: count('refused'), items };
  }

  /** A version of an entry, the newest when none is named; null when there is none. */
  async find(id: string, version?: number): Promise<LibraryItem<D> | null> {
    const known = this.builtIn.find((entry) => entry.id === id);
    if (known) {
      return version === undefined || version === known.version ? known : null;
    }
    // What is stored under a kind was made by its `definitionOf`.
    return this.store.find(this.kind, id, version) as Promise<LibraryItem<D> | null>;
  }

  /** Saves an entry under a free or its own id. */
  protected async put(draft: LibraryDraft & { readonly definition: D }, loc: Loc): Promise<SavedItem<D>> {
    this.assertId(draft.id, [...loc, 'id']);
    return this.told(await this.store.put(this.kind, draft));
  }

  private async importOne(
    raw: unknown,
    loc: Loc,
    madeUpId: string,
  ): Promise<Omit<LibraryImportItem, 'index'>> {
    try {
      const request = validateAt(raw, this.requestType, loc);
      const id = request.id === '' ? madeUpId : request.id;
      const definition = await this.definitionOf(request, loc);
      const { changed, version } = await this.put({ id, definition }, loc);
      return { status: changed ? 'saved' : 'unchanged', id, version };
    } catch (error) {
      return refusal(error);
    }
  }

  private assertId(id: string, loc: Loc): void {
    const problems = libraryIdProblems(id, loc);
    if (problems.length > 0) {
      throw new ValidationFailedError(problems);
    }
    if (this.builtIn.some((entry) => entry.id === id)) {
      throw entryBuiltIn(id);
    }
  }

  private async assertChangeable(id: string): Promise<void> {
    if ((await this.get(id)).built_in) {
      throw entryBuiltIn(id);
    }
  }

  private told({ item, changed }: LibrarySave): SavedItem<D> {
    if (changed) {
      this.changes.next({ what: 'saved', kind: this.kind, entry: headOf(item) });
    }
    return { ...(item as LibraryItem<D>), changed };
  }

  private async *all(): AsyncGenerator<LibraryItem<D>> {
    for (let after: Cursor | null = null; ;) {
      const heads: LibraryHead[] = await this.store.list(this.kind, {}, after, EXPORT_BATCH);
      for (const { id } of heads) {
        const item = await this.find(id);
        // It may have been deleted meanwhile.
        if (item) {
          yield item;
        }
      }
      const last = heads.at(-1);
      if (last === undefined) {
        return;
      }
      after = cursorOf(last);
    }
  }

  private async *named(ids: string): AsyncGenerator<LibraryItem<D>> {
    const wanted = new Set(
      ids
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    );
    // What is missing is told before anything is sent.
    for (const id of wanted) {
      await this.get(id);
    }
    for (const id of wanted) {
      yield await this.get(id);
    }
  }
}

/** An entry as lists and events tell of it. */
export function headOf(item: LibraryItem): LibraryHead {
  const { id, name, description, version, built_in, created_at, updated_at } = item;
  return { id, name, description, version, built_in, created_at, updated_at };
}

/** What an import says of an entry that is refused; a fault of ours ends the import. */
function refusal(error: unknown): Omit<LibraryImportItem, 'index'> {
  if (error instanceof ValidationFailedError) {
    return { status: 'refused', code: error.code, message: error.message, detail: [...error.problems] };
  }
  if (error instanceof DomainError && error.status < 500) {
    return { status: 'refused', code: error.code, message: error.message };
  }
  throw error;
}
