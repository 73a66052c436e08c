import { loadSettingsHere } from '../config/load-settings';
import { restore } from './restore';
import { RESTORE_HELP, CannotCopy, readFileFlag } from './options';
import { runProgram } from './run-program';

function main(): void {
  const file = readFileFlag(process.argv.slice(2), 'from', RESTORE_HELP);
  if (file === null) {
    process.stdout.write(RESTORE_HELP);
    return;
  }
  if (file === '') {
    throw new CannotCopy(`Name the backup with --from.\n\n${RESTORE_HELP}`);
  }
  const { path, bytes, kept } = restore(loadSettingsHere(), file);
  process.stdout.write(`${path} has the backup now (${(bytes / 1e6).toFixed(1)} MB)\n`);
  if (kept !== null) {
    process.stdout.write(`${kept} is what was there before; remove it when you do not need it any more\n`);
  }
}

runProgram(main);
