import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../config/load-settings';
import { createApp } from '../create-app';
import { generatedFiles } from './generated-files';

/** Writes the files that are derived from the code. Run it in the folder of the project. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'llama-herd-openapi-'));
  const settings = loadSettings({ DATA_DIRECTORY: folder, LOG_LEVEL: 'error' });
  const app = await createApp(settings);
  await app.init();
  for (const [path, text] of Object.entries(generatedFiles(app, settings))) {
    writeFileSync(path, text);
  }
  await app.close();
  rmSync(folder, { recursive: true, force: true });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
