import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How a program of the project ended. */
export interface EndedProgram {
  readonly code: number | null;
  /** Standard output. */
  readonly output: string;
  readonly errors: string;
}

/** Runs `node dist/<program>.js` to its end. `during` may do something with it meanwhile. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  during: (kill: () => void) => Promise<void> = () => Promise.resolve(),
): Promise<EndedProgram> {
  const child = spawn(process.execPath, [join(__dirname, `../../dist/${program}.js`), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const closed = once(child, 'close');
  await during(() => child.kill('SIGKILL'));
  const [code] = (await closed) as [number | null];
  return { code, output, errors };
}
