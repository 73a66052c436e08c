import { loadSettingsHere, SettingsError } from './config/load-settings';
import { type Settings } from './config/settings.schema';
import { exitCodeOf } from './database/data-unusable';

/** The checked settings. Wrong ones are told at once: nothing else has been loaded or started yet. */
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
  const { serve } = await import('./serve.js');
  await serve(settings);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The server could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(exitCodeOf(error));
});
