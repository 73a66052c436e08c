import { setTimeout as wait } from 'node:timers/promises';
import { type Heard } from '../clients/heard';
import { SocketFollower } from '../clients/socket-follower';
import { roundRobin, selector } from '../experiments';
import { type Findings, type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { checkDatabase } from '../stored-rows';

const EXPERIMENTS = 8;
/** Seconds of SHUTDOWN_GRACE_SECONDS: too short for a turn, and enough for any. */
const GRACES = { short: 0.2, long: 5 } as const;
/** Milliseconds beyond the grace in which everything must be put away. */
const PUT_AWAY_MS = 2_000;
/** Milliseconds after which the server must say that it is not ready any more. */
const NOT_READY_MS = 1_000;
/** Milliseconds after which a second signal must have ended it. */
const AT_ONCE_MS = 1_000;
/** Every few rounds there is a second signal. */
const SECOND_SIGNAL_EVERY = 3;

/** SIGTERM in the middle of turns (R13): in order, within the grace, and nothing announced is lost; a second one ends at once. */
export const shutdown: Scenario = async ({ rig, random, rounds: asked, short, findings, tell }) => {
  const rounds = asked ?? (short ? 3 : 20);
  const simulator = await rig.simulator();
  await simulator.config({ tokensPerSecond: 60, words: { min: 15, max: 60 } });
  const server = await rig.server(simulator.url, { OLLAMA_NUM_PARALLEL: '64' });
  await server.start({ SHUTDOWN_GRACE_SECONDS: String(GRACES.short) });
  const watchers = await Promise.all(
    Array.from({ length: EXPERIMENTS }, async (_, index) => {
      const follower = new SocketFollower(server.url);
      const team = index % 2 === 0 ? roundRobin : selector;
      const id = await server.startExperiment(
        team(`Plan trip ${index}`, { iterations: Math.max(1, Math.ceil(rounds / 4)), seed: index }),
      );
      return { follower, heard: follower.follow(id) };
    }),
  );
  const all = watchers.map(({ heard }) => heard);
  const exitMs: Record<keyof typeof GRACES | 'second signal', number[]> = {
    short: [],
    long: [],
    'second signal': [],
  };
  let putBack = 0;

  for (let round = 1; round <= rounds; round += 1) {
    const grace: keyof typeof GRACES = round % 2 === 0 ? 'long' : 'short';
    const seconds = GRACES[grace];
    if (round > 1) {
      await server.start({ SHUTDOWN_GRACE_SECONDS: String(seconds) });
    }
    await Promise.all(watchers.map(({ follower }) => follower.connected()));
    // Some turns must be in progress; a moment later, whichever they are.
    await simulator.reaches(`stat=phases.generating&at_least=${EXPERIMENTS / 2}`, 20_000);
    await wait(random.below(600));
    const closings = watchers.map(({ follower }) => follower.closings);
    const startedAt = performance.now();
    const stoppedAt = new Date().toISOString();
    const isSecond = round % SECOND_SIGNAL_EVERY === 0;
    server.program.signal('SIGTERM');
    const notReady = untilNotReady(server);
    if (isSecond) {
      await notReady;
      await wait(random.below(100));
      const secondAt = performance.now();
      server.program.signal('SIGTERM');
      const code = await server.ended(20_000);
      const ms = performance.now() - secondAt;
      exitMs['second signal'].push(ms);
      // It may have been just about to end in order.
      findings.check(code === 1 || (code === 0 && grace === 'short'), `round ${round}: exit code ${code}`);
      findings.check(ms <= AT_ONCE_MS, `round ${round}: ${ms} ms from the second signal to the end`);
    } else {
      const code = await server.ended(seconds * 1_000 + 20_000);
      const ms = performance.now() - startedAt;
      exitMs[grace].push(ms);
      findings.equal(code, 0, `round ${round}, grace ${seconds} s: exit code`);
      findings.check(
        ms <= seconds * 1_000 + PUT_AWAY_MS,
        `round ${round}, grace ${seconds} s: ended after ${ms} ms`,
      );
    }
    const ready = await notReady;
    findings.check(ready.isNotReady, `round ${round}: still ready after ${Math.round(ready.ms)} ms`);
    for (const [index, { follower, heard }] of watchers.entries()) {
      findings.check(
        follower.closings > (closings[index] ?? 0),
        `round ${round}: no server.closing was heard`,
      );
      const broken = brokenOff(heard, stoppedAt);
      putBack += broken;
      findings.check(
        isSecond || grace === 'short' || broken === 0,
        `round ${round}: a turn was put back within ${seconds} s`,
      );
    }
    if (round % 10 === 0) {
      tell(`${round} of ${rounds} rounds`);
    }
  }

  await server.start();
  await simulator.config({ tokensPerSecond: 0 });
  for (const heard of all) {
    await heard.untilOver().catch((error: unknown) => findings.fail(String(error)));
    await checkStream(server, heard, findings);
  }
  watchers.forEach(({ follower }) => follower.close());
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  checkDatabase(server.dataDirectory, findings);
  findings.equal(server.complaints, [], 'faults in the log');
  const worst = (times: readonly number[]) => (times.length > 0 ? Math.round(Math.max(...times)) : 'none');
  return {
    rounds,
    figures: {
      [`worst ms to the end with ${GRACES.short} s`]: worst(exitMs.short),
      [`with ${GRACES.long} s`]: worst(exitMs.long),
      'after a second signal': worst(exitMs['second signal']),
      'turns put back': putBack,
      events: all.reduce((sum, heard) => sum + heard.last, 0),
    },
  };
};

/** Asks until the server says that it is not ready, or does not answer any more. */
async function untilNotReady(
  server: ServerProcess,
): Promise<{ readonly isNotReady: boolean; readonly ms: number }> {
  const startedAt = performance.now();
  for (;;) {
    const status = await server.send('GET', '/health/ready').then(
      (answer) => answer.status,
      () => null,
    );
    const ms = performance.now() - startedAt;
    if (status === 503 || status === null || ms > NOT_READY_MS) {
      return { isNotReady: status === 503 || status === null, ms };
    }
  }
}

/** Turns that were broken off by a stop since this time. */
function brokenOff(heard: Heard, since: string): number {
  return heard
    .events()
    .filter(
      (event) => event.type === 'turn.failed' && event.code === 'INTERRUPTED' && event.created_at >= since,
    ).length;
}

async function checkStream(server: ServerProcess, heard: Heard, findings: Findings): Promise<void> {
  findings.equal(heard.state, 'completed', `state of ${heard.experimentId}`);
  findings.equal(heard.faults, [], `what the watcher of ${heard.experimentId} heard`);
  const stored = await server.storedEvents(heard.experimentId);
  const wrong = stored.findIndex((text, index) => text !== heard.texts[index]);
  findings.check(
    wrong === -1 && stored.length === heard.last,
    `${heard.experimentId}: event ${wrong + 1} stored as ${stored[wrong]}, heard as ${heard.texts[wrong]}`,
  );
}
