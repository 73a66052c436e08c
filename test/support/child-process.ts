import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program of the project as a process of its own. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** What it has printed so far, both streams. */
  readonly output: () => string;
  /** Kills it and gives its exit code (null when it died of the signal). */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  /** Its exit code once it ends by itself. */
  readonly exit: Promise<number | null>;
}

/** Starts `node <file>` and waits until a line of its output fits. The match is given as well. */
export async function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<RunningProgram & { readonly match: RegExpExecArray }> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const found = ready.exec(text);
      if (found) {
        resolve(found);
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', reject);
    void exit.then((code) => reject(new Error(`${file} ended with ${code} before it was ready:\n${text}`)));
  });
  return {
    child,
    match,
    exit,
    output: () => text,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exit;
    },
  };
}
