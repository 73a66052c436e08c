import { colourDepth, createPaint } from './colours';
import { runDemo } from './demo';
import { DemoError } from './demo-error';
import { Programs } from './programs';
import { Screen } from './screen';

const SHELL_CHECK_MS = 500;
const SAME_PRESS_MS = 500;

const programs = new Programs();
const screen = new Screen(process.stdout);
let isLeaving = false;
let leavingSince = 0;

/** Stops what was started, then ends with a code: 0 when the user wanted it. */
async function leave(code: number): Promise<void> {
  isLeaving = true;
  leavingSince = Date.now();
  await programs.stop();
  process.exit(code);
}

function leaveWhenAsked(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isLeaving) {
        leaveAtOnce();
        return;
      }
      screen.close();
      console.log('\nStopping …');
      void leave(0);
    });
  }
  // A signal to npm ends npm and its shell, but does not come this far: that the shell has gone shows it.
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const shell = process.ppid;
    setInterval(() => {
      if (process.ppid !== shell) {
        leaveQuietly();
      }
    }, SHELL_CHECK_MS);
  }
  // The terminal was closed, or the reader of a pipe has gone: there is nobody left to show anything to.
  process.stdout.on('error', leaveQuietly);
}

/** For who asks again. One press of Ctrl+C may arrive twice: from the terminal, and handed on by npm. */
function leaveAtOnce(): void {
  if (Date.now() - leavingSince > SAME_PRESS_MS) {
    programs.kill();
    process.exit(1);
  }
}

function leaveQuietly(): void {
  if (!isLeaving) {
    void leave(0);
  }
}

async function main(): Promise<void> {
  leaveWhenAsked();
  try {
    await runDemo(programs, screen, createPaint(colourDepth(process.stdout, process.env)));
    await programs.died;
  } catch (error) {
    if (isLeaving) {
      return;
    }
    screen.close();
    console.error(`\n${error instanceof DemoError ? error.message : describe(error)}`);
    await leave(1);
  }
}

/** A fault of the demo itself: with all that helps to find it. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

void main();
