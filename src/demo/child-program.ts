import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { DemoError } from './demo-error';

const STOP_WAIT_MS = 10_000;
const KEPT_LINES = 30;

export interface ProgramOptions {
  /** What the user is told it is, with its article. */
  readonly name: string;
  /** Path of the script below the build folder. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Changes to the environment of the demo. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program of this project that runs beside the demo: started, watched, stopped. Ends when the demo ends. */
export class ChildProgram {
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<void>;
  /** Rejects when it ends without being asked to, with what it said last. */
  readonly died: Promise<never>;
  private readonly process: ChildProcess;
  private readonly lines: string[] = [];
  /** Those of them that went to standard error. */
  private readonly errors: string[] = [];
  private readonly listeners = new Set<(line: string) => void>();
  private isStopping = false;

  constructor(private readonly options: ProgramOptions) {
    const { script, args = [], env = {} } = options;
    const guard = join(__dirname, 'parent-guard.js');
    this.process = spawn(process.execPath, ['--require', guard, join(__dirname, '..', script), ...args], {
      env: changedEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl+C reaches the demo alone, which then stops its programs in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.ended = new Promise((resolve) => {
      this.process.once('close', () => resolve());
      this.process.once('error', () => resolve());
    });
    this.died = this.watchDeath();
    // Whoever waits for it sees the rejection; until then it is not an unhandled one.
    this.died.catch(() => undefined);
    this.readLines(this.process.stdout, [this.lines]);
    this.readLines(this.process.stderr, [this.lines, this.errors]);
  }

  /** Waits for a line that it prints; rejects when it ends before. */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray> {
    const seen = new Promise<RegExpExecArray>((resolve) => {
      this.listen((line) => {
        const match = pattern.exec(line);
        if (match) {
          resolve(match);
        }
      });
    });
    return Promise.race([seen, this.died]);
  }

  /** Hands on every line, those of the past too. */
  listen(listener: (line: string) => void): void {
    this.lines.forEach((line) => listener(line));
    this.listeners.add(listener);
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_WAIT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }

  private watchDeath(): Promise<never> {
    const { name } = this.options;
    return new Promise((_resolve, reject) => {
      this.process.once('error', (error) => {
        reject(new DemoError(`${name} could not be started: ${error.message}`, { cause: error }));
      });
      this.process.once('close', (code, signal) => {
        if (!this.isStopping) {
          reject(new DemoError(`${name} has ended (${signal ?? `code ${code}`})${this.lastWords()}`));
        }
      });
    });
  }

  /** What it wrote for people to standard error; without that, its log. */
  private lastWords(): string {
    const said = this.errors.length > 0 ? this.errors : this.lines;
    return said.length > 0 ? `:\n${said.join('\n')}` : '.';
  }

  private readLines(stream: Readable | null, logs: readonly string[][]): void {
    if (!stream) {
      return;
    }
    createInterface({ input: stream }).on('line', (line) => {
      for (const log of logs) {
        log.push(line);
        log.splice(0, log.length - KEPT_LINES);
      }
      this.listeners.forEach((listener) => listener(line));
    });
  }
}

/** The environment with some variables changed. The server takes them in any case, so other spellings are left out. */
function changedEnvironment(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !(name.toUpperCase() in changes));
  return { ...Object.fromEntries(kept), ...changes };
}
