import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';

/** How many runs of an experiment have begun and not ended, read past the server. */
export function openRuns(dataDirectory: string, experimentId: string): number {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'), { readonly: true });
  try {
    return file
      .prepare(`SELECT COUNT(*) FROM conversations WHERE experiment_id = ? AND state = 'running'`)
      .pluck()
      .get(experimentId) as number;
  } finally {
    file.close();
  }
}
