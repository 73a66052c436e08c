import { setTimeout as wait } from 'node:timers/promises';
import { type StoredEvent } from '../../live/event-types';
import { SocketFollower } from '../clients/socket-follower';
import { roundRobin, selector } from '../experiments';
import { type Scenario } from '../scenario';
import { checkDatabase } from '../stored-rows';

const EXPERIMENTS = 6;
/** Milliseconds after Ollama's return within which everything must go on. */
const RETURN_LIMIT_MS = 10_000;

/** Ollama is killed and comes back (R9): experiments pause with the reason and go on by themselves. */
export const outage: Scenario = async ({ rig, random, rounds: asked, short, findings }) => {
  const rounds = asked ?? (short ? 1 : 5);
  const simulator = await rig.simulator('--tokens-per-second', '100');
  const server = await rig.server(simulator.url, { OLLAMA_NUM_PARALLEL: '64' });
  await server.start();
  const follower = new SocketFollower(server.url);
  const all = await Promise.all(
    Array.from({ length: EXPERIMENTS }, async (_, index) => {
      const team = index % 2 === 0 ? roundRobin : selector;
      const id = await server.startExperiment(
        team(`Plan trip ${index}`, { iterations: 2 + rounds * 2, seed: index }),
      );
      return follower.follow(id);
    }),
  );
  const delays: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await simulator.reaches(`stat=phases.generating&at_least=${EXPERIMENTS / 2}`, 20_000);
    await wait(random.below(1_000));
    const running = all.filter(({ state }) => state === 'running');
    await simulator.kill();
    for (const heard of running) {
      await heard.until(() => heard.state !== 'running', 'the pause while Ollama is away');
      const status = lastStatus(heard.events());
      findings.check(
        status?.state === 'paused' &&
          (status.pause_reason === 'ollama_away' || status.pause_reason === 'turn_failed'),
        `round ${round}: without Ollama an experiment is ${status?.state} ${status?.pause_reason} ${status?.error_code}`,
      );
    }
    await wait(random.below(short ? 1_000 : 8_000));
    const backAt = Date.now();
    await simulator.start();
    for (const heard of running) {
      const since = (event: StoredEvent) => Date.parse(event.created_at) >= backAt;
      const hasGoneOn = () => heard.events().some((event) => event.type === 'message' && since(event));
      await heard
        .until(hasGoneOn, `a turn after Ollama's return in round ${round}`, 60_000)
        .catch((error: unknown) => findings.fail(String(error)));
      const next = heard.events().find((event) => event.type === 'turn.started' && since(event));
      const delay = next ? Date.parse(next.created_at) - backAt : Number.POSITIVE_INFINITY;
      delays.push(delay);
      findings.check(delay <= RETURN_LIMIT_MS, `round ${round}: it went on after ${delay} ms`);
    }
  }
  await simulator.config({ tokensPerSecond: 0 });
  for (const heard of all) {
    await heard.untilOver().catch((error: unknown) => findings.fail(String(error)));
    findings.equal(heard.state, 'completed', 'state at the end');
    findings.equal(heard.faults, [], 'what the watcher heard');
  }
  follower.close();
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  findings.equal(server.complaints, [], 'faults in the log');
  checkDatabase(server.dataDirectory, findings);
  return {
    rounds,
    figures: {
      experiments: all.length,
      pauses: delays.length,
      "worst ms from Ollama's return to the next turn": Math.max(...delays),
    },
  };
};

function lastStatus(events: readonly StoredEvent[]) {
  return events.findLast((event) => event.type === 'experiment.status');
}
