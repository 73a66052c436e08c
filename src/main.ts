import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { loadSettingsHere, SettingsError } from './config/load-settings';
import { type Settings } from './config/settings.schema';

/** The settings, or a text on what is wrong with them. Nothing else is loaded before: a wrong one shows at once. */
function settingsOrExit(): Settings {
  try {
    return loadSettingsHere();
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
    throw error;
  }
}

async function main(): Promise<void> {
  const settings = settingsOrExit();
  const { createApp } = await import('./create-app.js');
  const app = await createApp(settings);
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  await app.listen(settings.apiPort, settings.apiHost);
  new Logger('main').log('listening', { url: await app.getUrl() });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The server could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
