import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { loadSettings } from '../../src/config/load-settings';
import { createApp } from '../../src/create-app';
import { type Api, apiOf } from './api';
import { startProgram } from './child-process';

/** Settings of the environment that differ from the defaults. */
export type Env = Record<string, string>;

/** Times scaled down, so that faults show within a test. */
const TEST_ENV: Env = {
  API_HOST: '127.0.0.1',
  API_PORT: '0',
  LOG_LEVEL: 'critical',
  SHUTDOWN_GRACE_SECONDS: '0',
  OLLAMA_RETRY_BACKOFF_SECONDS: '0.01',
  DELTA_INTERVAL_MS: '5',
  STORAGE_RESERVE_BYTES: '0',
};

export interface TestApp {
  readonly url: string;
  readonly api: Api;
  readonly app: NestExpressApplication;
  readonly dataDirectory: string;
  /** Closes the server and removes its data. */
  readonly close: () => Promise<void>;
}

/** A fresh folder for the data of one server. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'llama-herd-'));
}

/** The whole application in this process: real HTTP, real sockets, a real database file. */
export async function startApp(ollamaUrl: string, env: Env = {}): Promise<TestApp> {
  const dataDirectory = env['DATA_DIRECTORY'] ?? temporaryFolder();
  const app = await createApp(
    loadSettings({ ...TEST_ENV, OLLAMA_URL: ollamaUrl, DATA_DIRECTORY: dataDirectory, ...env }),
  );
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    url,
    api: apiOf(url),
    app,
    dataDirectory,
    close: async () => {
      await app.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** The built server as a process of its own, which can be killed. */
export async function startServer(ollamaUrl: string, dataDirectory: string, env: Env = {}) {
  const program = await startProgram(
    join(__dirname, '../../dist/main.js'),
    [],
    { ...TEST_ENV, LOG_LEVEL: 'info', OLLAMA_URL: ollamaUrl, DATA_DIRECTORY: dataDirectory, ...env },
    /"listening" url=(\S+)/,
  );
  const url = program.match[1] ?? '';
  return { ...program, url, api: apiOf(url) };
}
