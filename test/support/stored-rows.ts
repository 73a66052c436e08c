import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';

/** Rows of a server's database file, for what no route shows yet. */
export function storedRows<T>(dataDirectory: string, sql: string, ...parameters: unknown[]): T[] {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'), { readonly: true });
  try {
    return file.prepare(sql).all(...parameters) as T[];
  } finally {
    file.close();
  }
}
