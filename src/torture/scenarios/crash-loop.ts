import { type Heard } from '../clients/heard';
import { SocketFollower } from '../clients/socket-follower';
import { roundRobin, solo } from '../experiments';
import { type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { checkDatabase } from '../stored-rows';

/** Starts in a row without a new turn after which an experiment runs alone, and crashes alone that end it (decision 13). */
const STARTS_BEFORE_ALONE = 2;
const ALONE_CRASHES = 3;
const BYSTANDERS = 3;

/**
 * The server ends during every work on one experiment (decision 13): first it is run alone, then it is given up; what ran beside
 * it is not blamed, and goes on.
 */
export const crashLoop: Scenario = async ({ rig, rounds: asked, findings }) => {
  const rounds = asked ?? 1;
  const simulator = await rig.simulator();
  const server = await rig.server(simulator.url, { OLLAMA_NUM_PARALLEL: '64' });
  await server.start();
  const follower = new SocketFollower(server.url);
  let starts = 0;
  for (let round = 1; round <= rounds; round += 1) {
    // Its answer never comes: whenever that has been asked for, the server is killed.
    await simulator.control('hold', { afterTokens: 1, match: { contains: '[deadly]' } });
    await simulator.config({ tokensPerSecond: 100 });
    const deadly = follower.follow(await server.startExperiment(solo('[deadly] Say something.')));
    const others = await Promise.all(
      Array.from({ length: BYSTANDERS }, async (_, index) =>
        follower.follow(
          await server.startExperiment(roundRobin(`Plan trip ${index}`, { iterations: 20, seed: index })),
        ),
      ),
    );
    for (let crash = 1; crash <= STARTS_BEFORE_ALONE; crash += 1) {
      const before = others.map(messagesOf);
      await untilHeld(simulator.reaches('stat=heldChats&at_least=1', 30_000));
      await Promise.all(
        others.map((heard, index) =>
          heard.until(() => messagesOf(heard) > (before[index] ?? 0) + 1, 'a turn beside the deadly one'),
        ),
      );
      await server.kill();
      await simulator.reaches('stat=heldChats&equals=0', 5_000);
      await server.start();
      starts += 1;
    }
    for (let crash = 1; crash <= ALONE_CRASHES; crash += 1) {
      await untilHeld(simulator.reaches('stat=heldChats&at_least=1', 30_000));
      findings.equal(await statesOf(server, [deadly]), ['running'], `state of the suspect, alone ${crash}`);
      findings.equal(
        await statesOf(server, others),
        others.map(() => 'queued'),
        `states of the others while it runs alone for time ${crash}`,
      );
      await server.kill();
      await simulator.reaches('stat=heldChats&equals=0', 5_000);
      await server.start();
      starts += 1;
    }
    await simulator.control('release');
    await simulator.config({ tokensPerSecond: 0 });
    await deadly.untilOver();
    const { state, error_code } = await server.experiment(deadly.experimentId);
    findings.equal([state, error_code], ['error', 'CRASH_LOOP'], 'end of the deadly experiment');
    for (const heard of others) {
      await heard.untilOver();
      findings.equal(heard.state, 'completed', 'end of one that ran beside it');
      findings.equal(heard.faults, [], 'what its watcher heard');
    }
  }
  follower.close();
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  findings.equal(server.complaints, [], 'faults in the log');
  checkDatabase(server.dataDirectory, findings);
  return { rounds, figures: { starts, 'given up': rounds, 'went on': rounds * BYSTANDERS } };
};

function messagesOf(heard: Heard): number {
  return heard.events().filter(({ type }) => type === 'message').length;
}

async function untilHeld(reached: Promise<boolean>): Promise<void> {
  if (!(await reached)) {
    throw new Error('The deadly call was not made.');
  }
}

async function statesOf(server: ServerProcess, all: readonly Heard[]): Promise<string[]> {
  return Promise.all(all.map(async ({ experimentId }) => (await server.experiment(experimentId)).state));
}
