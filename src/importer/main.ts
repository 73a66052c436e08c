import 'reflect-metadata';
import { loadSettingsHere, SettingsError } from '../config/load-settings';
import { HELP, readOptions } from './options';
import { Progress } from './progress';
import { CannotImport } from './unusable';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const settings = loadSettingsHere();
  // Wrong flags and settings are told at once: nothing else has been loaded yet.
  const { Logger } = await import('@nestjs/common');
  const { AppLogger } = await import('../common/logging/app-logger.js');
  const { runImport } = await import('./importer.js');
  // Standard output is for the report.
  Logger.overrideLogger(
    new AppLogger({ logFormat: settings.logFormat, logLevel: 'warning' }, (line) =>
      process.stderr.write(line),
    ),
  );
  const report = await runImport(options, settings, new Progress(process.stderr));
  process.stdout.write(`${options.asJson ? report.asJson() : report.asText()}\n`);
  process.exitCode = report.exitCode;
}

main().catch((error: unknown) => {
  const isExpected = error instanceof CannotImport || error instanceof SettingsError;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${isExpected ? text : `The import stopped: ${text}`}\n`);
  process.exitCode = 1;
});
