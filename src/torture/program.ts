import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const START_LIMIT_MS = 60_000;

export interface ProgramOptions {
  /** Path of the script below the build folder. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment: nothing of the user's own settings gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder; one without `.env`. */
  readonly cwd: string;
}

/** A program of the project as a process of its own, which may be killed. */
export class Program {
  /** Resolves when it has ended; the code is null when a signal ended it. */
  readonly exit: Promise<number | null>;
  hasEnded = false;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private text = '';

  constructor(private readonly options: ProgramOptions) {
    const { script, args = [], env = {}, cwd } = options;
    this.child = spawn(process.execPath, [join(__dirname, '..', script), ...args], {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exit = once(this.child, 'close').then(([code]) => {
      this.hasEnded = true;
      this.listeners.forEach((look) => look());
      return code as number | null;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (piece: string) => {
        this.text += piece;
        this.listeners.forEach((look) => look());
      });
    }
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) {
      throw new Error(`${this.options.script} could not be started.`);
    }
    return pid;
  }

  /** All that it has printed. */
  get output(): string {
    return this.text;
  }

  /** Waits until its output fits. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.listeners.delete(look);
      };
      const fail = (why: string) => {
        end();
        reject(new Error(`${this.options.script} ${why}:\n${this.text.slice(-3_000)}`));
      };
      const timer = setTimeout(() => fail(`did not print ${String(pattern)} in time`), START_LIMIT_MS);
      const look = () => {
        const match = pattern.exec(this.text);
        if (match) {
          end();
          resolve(match);
        } else if (this.hasEnded) {
          fail('has ended');
        }
      };
      this.listeners.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
