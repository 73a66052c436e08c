import { colourDepth, createPaint } from './colours';
import { runDemo } from './demo';
import { DemoError } from './demo-error';
import { Programs } from './programs';
import { Screen } from './screen';

const programs = new Programs();
const screen = new Screen(process.stdout);
let isLeaving = false;

/** Stops what was started, then ends with a code: 0 when the user wanted it. */
async function leave(code: number): Promise<void> {
  isLeaving = true;
  await programs.stop();
  process.exit(code);
}

function leaveOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isLeaving) {
        // Asked twice: at once.
        programs.kill();
        process.exit(1);
      }
      screen.showStatus('');
      screen.print('\nStopping …\n');
      void leave(0);
    });
  }
  // The terminal was closed, or the reader of a pipe has gone: there is nobody left to show anything to.
  process.stdout.on('error', () => {
    if (!isLeaving) {
      void leave(0);
    }
  });
}

async function main(): Promise<void> {
  leaveOnSignals();
  try {
    await runDemo(programs, screen, createPaint(colourDepth(process.stdout, process.env)));
    await programs.died;
  } catch (error) {
    if (isLeaving) {
      return;
    }
    screen.showStatus('');
    console.error(`\n${error instanceof DemoError ? error.message : String((error as Error).stack)}`);
    await leave(1);
  }
}

void main();
