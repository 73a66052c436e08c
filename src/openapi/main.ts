import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadSettings } from '../config/load-settings';
import { createApp } from '../create-app';
import { apiDocument } from '../docs/api-docs';

/** Writes what is derived from the code: `docs/openapi.json` and `.env.example`. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'llama-herd-openapi-'));
  const settings = loadSettings({ DATA_DIRECTORY: folder, LOG_LEVEL: 'error' });
  const app = await createApp(settings);
  await app.init();
  writeFileSync('docs/openapi.json', `${JSON.stringify(apiDocument(app, settings), null, 2)}\n`);

  await app.close();
  rmSync(folder, { recursive: true, force: true });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
