import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface LockedDatabase {
  /** Ends the lock. */
  readonly free: () => Promise<void>;
}

/** Another process that holds the write lock of a server's database. */
export async function lockDatabase(dataDirectory: string): Promise<LockedDatabase> {
  // Plain JavaScript: it needs neither a build nor a compiler.
  const script = `
    const SqliteFile = require(${JSON.stringify(require.resolve('better-sqlite3'))});
    new SqliteFile(process.argv[1], { timeout: 5000 }).exec('BEGIN IMMEDIATE');
    process.stdout.write('held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script, join(dataDirectory, 'llama-herd.sqlite')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    free: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
