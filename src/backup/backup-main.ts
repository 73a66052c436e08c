import { loadSettingsHere } from '../config/load-settings';
import { backup } from './backup';
import { BACKUP_HELP, readFileFlag } from './options';
import { runProgram } from './run-program';

function main(): void {
  const file = readFileFlag(process.argv.slice(2), 'to', BACKUP_HELP);
  if (file === null) {
    process.stdout.write(BACKUP_HELP);
    return;
  }
  const { path, bytes, seconds } = backup(loadSettingsHere(), file);
  process.stdout.write(`${path}\n${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s, checked\n`);
}

runProgram(main);
