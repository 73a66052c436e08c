import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Cursor } from '../../common/pages/cursor';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { Database } from '../../database/database';
import { fullModelName } from '../../ollama/model-name';
import { usesModelSql } from '../uses-model-sql';
import { LibraryEntryEntity, type LibraryKind } from './library-entry.entity';
import { libraryFull, libraryIdTaken, notInLibrary, versionConflict } from './library-faults';
import {
  type LibraryDefinition,
  type LibraryHead,
  type LibraryItem,
  type LibraryVersionHead,
} from './library-item';
import { LibraryVersionEntity } from './library-version.entity';

/** What is narrowed down in a list. */
export interface LibraryFilter {
  readonly model?: string;
  readonly from?: string;
  readonly to?: string;
}

/** What is to be saved. */
export interface LibraryDraft {
  readonly id: string;
  readonly definition: LibraryDefinition;
  /** The newest version that the client knows. */
  readonly version?: number;
}

/** What has been saved. */
export interface LibrarySave {
  readonly item: LibraryItem;
  /** False when the newest version was the same already. */
  readonly changed: boolean;
}

interface ItemRow extends Omit<LibraryItem, 'definition' | 'built_in' | 'description'> {
  readonly definition: string;
}

/** Where agents stand in a definition, as a JSON list in SQL. */
const AGENTS_SQL = {
  agent: 'json_array(json(v.definition))',
  team: `json_extract(v.definition, '$.agents')`,
} as const;

const ITEM_SQL = `SELECT e.id, v.name, v.version, e.version AS newest_version, e.created_at,
    v.created_at AS updated_at, v.definition
  FROM library_entries e JOIN library_versions v ON v.kind = e.kind AND v.entry_id = e.id`;

/** Saved agents and teams with all their versions. What is built in is not here. */
@Injectable()
export class LibraryStore {
  constructor(
    private readonly database: Database,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Entries, the one that was changed last first, after the one that the cursor names. */
  async list(
    kind: LibraryKind,
    { model, from, to }: LibraryFilter,
    after: Cursor | null,
    limit: number,
  ): Promise<LibraryHead[]> {
    const conditions: [string, ...string[]][] = [
      ['e.kind = ?', kind],
      ...when(after !== null, ['(e.updated_at, e.id) < (?, ?)', after?.time ?? '', after?.id ?? '']),
      ...when(model !== undefined, [usesModelSql(AGENTS_SQL[kind]), fullModelName(model ?? '')]),
      ...when(from !== undefined, ['e.updated_at >= ?', from ?? '']),
      ...when(to !== undefined, ['e.updated_at < ?', to ?? '']),
    ];
    const rows = await this.database.read.query<Omit<LibraryHead, 'built_in'>[]>(
      `SELECT e.id, e.name, json_extract(v.definition, '$.description') AS description, e.version,
              e.created_at, e.updated_at
         FROM library_entries e
         JOIN library_versions v ON v.kind = e.kind AND v.entry_id = e.id AND v.version = e.version
        WHERE ${conditions.map(([sql]) => sql).join(' AND ')}
        ORDER BY e.updated_at DESC, e.id DESC LIMIT ?`,
      [...conditions.flatMap(([, ...parameters]) => parameters), limit],
    );
    return rows.map((row) => ({ ...row, built_in: false }));
  }

  /** A version of an entry, the newest when none is named; null when there is none. */
  async find(kind: LibraryKind, id: string, version?: number): Promise<LibraryItem | null> {
    return findItem(this.database.read, kind, id, version);
  }

  /** Versions of an entry before one, newest first. */
  versions(kind: LibraryKind, id: string, before: number, limit: number): Promise<LibraryVersionHead[]> {
    return this.database.read.query<LibraryVersionHead[]>(
      `SELECT version, name, created_at FROM library_versions
        WHERE kind = ? AND entry_id = ? AND version < ? ORDER BY version DESC LIMIT ?`,
      [kind, id, before, limit],
    );
  }

  /**
   * Stores a new entry.
   * @throws DomainError LIBRARY_ID_TAKEN unless the same stands there; LIBRARY_FULL; STORAGE_FULL
   */
  async create(kind: LibraryKind, draft: LibraryDraft): Promise<LibrarySave> {
    return this.save(kind, draft, (stored) => {
      if (stored !== null && !isDeepStrictEqual(stored.definition, draft.definition)) {
        throw libraryIdTaken(kind, draft.id);
      }
    });
  }

  /**
   * Stores a new version of an entry, unless it is the same as the newest one.
   * @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND, LIBRARY_VERSION_CONFLICT, STORAGE_FULL
   */
  async change(kind: LibraryKind, draft: LibraryDraft): Promise<LibrarySave> {
    return this.save(kind, draft, (stored) => {
      if (stored === null) {
        throw notInLibrary(kind, draft.id);
      }
    });
  }

  /**
   * Stores an entry, or a new version of it.
   * @throws DomainError LIBRARY_FULL, STORAGE_FULL
   */
  async put(kind: LibraryKind, draft: LibraryDraft): Promise<LibrarySave> {
    return this.save(kind, draft, () => undefined);
  }

  /** Removes an entry with all its versions. Gives false when there is none. */
  remove(kind: LibraryKind, id: string): Promise<boolean> {
    return this.database.write(
      async (tx) => {
        await tx.delete(LibraryVersionEntity, { kind, entryId: id });
        const { affected } = await tx.delete(LibraryEntryEntity, { kind, id });
        return (affected ?? 0) > 0;
      },
      { makesRoom: true },
    );
  }

  private save(
    kind: LibraryKind,
    { id, definition, version }: LibraryDraft,
    check: (stored: LibraryItem | null) => void,
  ): Promise<LibrarySave> {
    this.database.storage.assertRoom();
    return this.database.write(async (tx) => {
      const stored = await findItem(tx, kind, id);
      check(stored);
      if (stored !== null && isDeepStrictEqual(stored.definition, definition)) {
        return { item: stored, changed: false };
      }
      if (stored !== null && version !== undefined && version !== stored.version) {
        throw versionConflict(id, version, stored.version);
      }
      if (stored === null) {
        await this.assertPlace(tx, kind);
      }
      return { item: await insertVersion(tx, kind, id, definition, stored), changed: true };
    });
  }

  private async assertPlace(tx: EntityManager, kind: LibraryKind): Promise<void> {
    const { maxLibraryEntries: max } = this.settings;
    if ((await tx.countBy(LibraryEntryEntity, { kind })) >= max) {
      throw libraryFull(kind, max);
    }
  }
}

async function insertVersion(
  tx: EntityManager,
  kind: LibraryKind,
  id: string,
  definition: LibraryDefinition,
  stored: LibraryItem | null,
): Promise<LibraryItem> {
  const { name } = definition;
  const version = (stored?.version ?? 0) + 1;
  const now = new Date().toISOString();
  const createdAt = stored?.created_at ?? now;
  await tx.insert(LibraryVersionEntity, { kind, entryId: id, version, name, definition, createdAt: now });
  await tx.upsert(LibraryEntryEntity, { kind, id, name, version, createdAt, updatedAt: now }, ['id', 'kind']);
  return {
    id,
    name,
    description: definition.description ?? null,
    version,
    newest_version: version,
    built_in: false,
    created_at: createdAt,
    updated_at: now,
    definition,
  };
}

async function findItem(
  manager: EntityManager,
  kind: LibraryKind,
  id: string,
  version?: number,
): Promise<LibraryItem | null> {
  const [row] = await manager.query<ItemRow[]>(
    `${ITEM_SQL} WHERE e.kind = ? AND e.id = ? AND v.version = COALESCE(?, e.version)`,
    [kind, id, version ?? null],
  );
  return row === undefined ? null : toItem(row);
}

function toItem({ definition: text, ...row }: ItemRow): LibraryItem {
  const definition = JSON.parse(text) as LibraryDefinition;
  return { ...row, built_in: false, description: definition.description ?? null, definition };
}

function when(
  wanted: boolean,
  condition: [string, ...string[]],
): readonly [] | readonly [[string, ...string[]]] {
  return wanted ? [condition] : [];
}
