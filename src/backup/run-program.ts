import { DataUnusableError, exitCodeOf } from '../database/data-unusable';

/** Runs one of the two programs; what goes wrong is told in one line, with an exit code of its own. */
export function runProgram(main: () => void): void {
  try {
    main();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${text}${error instanceof DataUnusableError ? ' Nothing was changed.' : ''}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
