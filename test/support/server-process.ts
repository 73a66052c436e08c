import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, apiOf } from './api';
import { startProgram } from './child-process';

/** Where nothing listens: experiments fail at once, without a simulator. */
export const NO_OLLAMA = 'http://127.0.0.1:9';

/** The built server as a process of its own: whatever ends a process, an unhandled rejection too, ends this one only. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly api: Api;
  /** Says what is wrong with the process: it ended, or logged a fault of its own. Null when it is well. */
  readonly complaint: () => string | null;
  /** Number of files and sockets that the process has open; Linux only. */
  readonly openFiles: () => number;
  /** Asks it to stop: gives its exit code, or null when it had not ended after this time and was killed. */
  readonly terminate: (limitMs: number) => Promise<number | null>;
  /** Stops it and removes its data. */
  readonly close: () => Promise<void>;
}

export async function startServerProcess(
  ollamaUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'llama-herd-'));
  const program = await startProgram(
    join(__dirname, '../../dist/main.js'),
    [],
    {
      API_HOST: '127.0.0.1',
      API_PORT: '0',
      OLLAMA_URL: ollamaUrl,
      DATA_DIRECTORY: dataDirectory,
      OLLAMA_RETRY_BACKOFF_SECONDS: '0.01',
      DELTA_INTERVAL_MS: '5',
      STORAGE_RESERVE_BYTES: '0',
      ...env,
    },
    /"listening" url=(\S+)/,
  );
  const url = program.match[1] ?? '';
  return {
    url,
    port: Number(new URL(url).port),
    api: apiOf(url),
    complaint: () => {
      const faults = program
        .output()
        .split('\n')
        .filter((line) => / ERROR |Warning:/.test(line));
      return program.child.exitCode === null && program.child.signalCode === null && faults.length === 0
        ? null
        : `exit code ${program.child.exitCode}, signal ${program.child.signalCode}:\n${faults.join('\n')}\n${program.output().slice(-2_000)}`;
    },
    openFiles: () => readdirSync(`/proc/${program.child.pid}/fd`).length,
    terminate: async (limitMs) => {
      const timer = setTimeout(() => program.child.kill('SIGKILL'), limitMs);
      const code = await program.stop();
      clearTimeout(timer);
      return code;
    },
    close: async () => {
      await program.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
