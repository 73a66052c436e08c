import { createHash } from 'node:crypto';
import { type EntityManager } from 'typeorm';

export type Row = Readonly<Record<string, string | number | null>>;

/** Rows of one statement. Their texts are in memory twice while it runs. */
const CHUNK_ROWS = 2_000;
const CHUNK_CHARACTERS = 4_000_000;

/** Inserts rows that all have the same columns: few statements, whose text does not depend on their number. */
export async function insertRows(
  tx: EntityManager,
  table: string,
  rows: readonly Row[],
  onConflict = '',
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const values = columns.map((column) => `value ->> '$.${column}'`);
  for (const chunk of chunksOf(rows)) {
    await tx.query(
      `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM json_each(?) WHERE true ${onConflict}`,
      [JSON.stringify(chunk)],
    );
  }
}

/** As `insertRows`, but a row that is there already takes the new values, but for those of the columns to `keep`. */
export function upsertRows(
  tx: EntityManager,
  table: string,
  rows: readonly Row[],
  key: readonly string[],
  keep: readonly string[] = [],
): Promise<void> {
  const changes = Object.keys(rows[0] ?? {})
    .filter((column) => !key.includes(column) && !keep.includes(column))
    .map((column) => `${column} = excluded.${column}`);
  return insertRows(tx, table, rows, `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`);
}

/** SHA-256 of a value as JSON. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function* chunksOf(rows: readonly Row[]): Generator<Row[]> {
  let chunk: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    chunk.push(row);
    for (const value of Object.values(row)) {
      characters += typeof value === 'string' ? value.length : 0;
    }
    if (chunk.length >= CHUNK_ROWS || characters >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}
