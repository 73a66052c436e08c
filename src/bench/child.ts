import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STOP_WAIT_MS = 5_000;
const START_WAIT_MS = 30_000;
const KEPT_LINES = 20;

export interface ChildOptions {
  /** Path of the script below the build folder. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment: nothing of the user's own settings gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder; one without `.env`. */
  readonly cwd: string;
}

/** A program that runs beside the bench. */
export class Child {
  private readonly process: ChildProcess;
  private readonly lastLines: string[] = [];
  private readonly ended: Promise<void>;
  private readonly died: Promise<never>;
  private readonly lineListeners = new Set<(line: string) => void>();
  private isStopping = false;

  constructor(private readonly options: ChildOptions) {
    const { script, args = [], env = {}, cwd } = options;
    this.process = spawn(process.execPath, [join(__dirname, '..', script), ...args], {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', ...this.channels()],
    });
    this.ended = new Promise((resolve) => {
      this.process.once('close', () => resolve());
      this.process.once('error', () => resolve());
    });
    this.died = this.ended.then(() => this.failUnlessStopping());
    this.died.catch(() => undefined);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) {
        createInterface({ input: stream }).on('line', (line) => this.hear(line));
      }
    }
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) {
      throw new Error(`${this.options.script} could not be started.`);
    }
    return pid;
  }

  /** Waits for a line that it prints from now on. */
  async waitForLine(pattern: RegExp): Promise<RegExpExecArray> {
    let listener: ((line: string) => void) | undefined;
    const seen = new Promise<RegExpExecArray>((resolve) => {
      listener = (line) => {
        const match = pattern.exec(line);
        if (match) {
          resolve(match);
        }
      };
      this.lineListeners.add(listener);
    });
    try {
      return await this.before(seen, START_WAIT_MS, `print ${String(pattern)}`);
    } finally {
      if (listener) {
        this.lineListeners.delete(listener);
      }
    }
  }

  /** Hears every line that it prints from now on. */
  onLine(listener: (line: string) => void): void {
    this.lineListeners.add(listener);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_WAIT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.isStopping = true;
    this.process.kill('SIGKILL');
  }

  /** What comes first: the result, the end of the child, or the end of patience. */
  protected async before<T>(result: Promise<T>, limitMs: number, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.options.script} did not ${what} within ${limitMs} ms.${this.lastWords()}`));
      }, limitMs);
    });
    try {
      return await Promise.race([result, this.died, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  protected channels(): 'ipc'[] {
    return [];
  }

  protected get connection(): ChildProcess {
    return this.process;
  }

  private failUnlessStopping(): Promise<never> {
    return this.isStopping
      ? new Promise(() => undefined)
      : Promise.reject(new Error(`${this.options.script} has ended.${this.lastWords()}`));
  }

  private hear(line: string): void {
    this.lastLines.push(line);
    this.lastLines.splice(0, this.lastLines.length - KEPT_LINES);
    this.lineListeners.forEach((listener) => listener(line));
  }

  private lastWords(): string {
    return this.lastLines.map((line) => `\n  ${line}`).join('');
  }
}
