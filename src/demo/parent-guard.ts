/**
 * Loaded into each child process before its own program (`node --require`): ends it when the demo is gone, however
 * that went, even by `kill -9`. The demo holds the other end of the child's standard input and never writes to it;
 * the operating system closes it with the demo.
 */
const LAST_RESORT_MS = 10_000;

let isLeaving = false;

function leave(): void {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  // Its log goes to the demo too; writing into the broken pipe must not keep it from ending in order.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_RESORT_MS).unref();
}

process.stdin.on('end', leave);
process.stdin.on('error', leave);
process.stdin.resume();
process.stdin.unref();
