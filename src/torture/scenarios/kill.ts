import { setTimeout as wait } from 'node:timers/promises';
import { median } from '../../bench/statistics';
import { type StoredEvent } from '../../live/event-types';
import { type Heard } from '../clients/heard';
import { SocketFollower } from '../clients/socket-follower';
import { roundRobin, selector, solo } from '../experiments';
import { type Findings, type Scenario, type ScenarioOrder } from '../scenario';
import { type Life, type ServerProcess } from '../server-process';
import { type SimulatorProcess } from '../simulator-process';
import { checkDatabase, storedRows } from '../stored-rows';

const EXPERIMENTS = 8;
/** Milliseconds after which the server is killed, from the moment at which it listens. */
const KILL_AFTER_MS = { full: [50, 3_000], short: [50, 1_200] } as const;
/** Within this time of its start a server has taken up what it found; in the short form much else uses the machine. */
const TAKEN_UP_MS = { full: 5_000, short: 30_000 } as const;
/** A turn that ran at least this long must have left text when the checkpoints come every 50 ms. */
const CERTAIN_TEXT_MS = 750;
const TOKENS_PER_SECOND = 100;

/**
 * `kill -9` at random moments of running experiments (R1-R3): nothing announced is lost, doubled or changed; everything accepted
 * is there; every run goes on to its end and says what it would have said undisturbed.
 */
export const kill: Scenario = async (order) => {
  const { rig, random, short, findings, tell } = order;
  const size = short ? 'short' : 'full';
  const rounds = order.rounds ?? (short ? 3 : 100);
  const simulator = await rig.simulator();
  await simulator.config({ tokensPerSecond: TOKENS_PER_SECOND, words: { min: 8, max: 60 } });
  const server = await rig.server(simulator.url, {
    TURN_CHECKPOINT_SECONDS: '0.05',
    OLLAMA_NUM_PARALLEL: '64',
  });
  const requests = experiments(Math.max(1, Math.ceil(rounds * 0.6)));
  await server.start();
  const ids = await Promise.all(requests.map((request) => server.startExperiment(request)));
  const watchers = ids.map((id) => {
    const follower = new SocketFollower(server.url);
    return { follower, heard: follower.follow(id) };
  });
  const bystanders = new SocketFollower(server.url);
  const newcomers: Heard[] = [];
  const firstTurnMs: number[] = [];
  const takenUpMs: number[] = [];

  for (let round = 1; round <= rounds; round += 1) {
    if (!server.isRunning) {
      await server.start();
    }
    const { life } = server;
    const stopLooking = noteFirstTurn(
      watchers.map(({ heard }) => heard),
      life,
      firstTurnMs,
    );
    const looked =
      round > 1 ? lookAtStates(server, life, TAKEN_UP_MS[size], takenUpMs, findings) : Promise.resolve();
    const [least, most] = KILL_AFTER_MS[size];
    await wait(random.between(least, most));
    // One is accepted right before; another one may be, or not.
    newcomers.push(bystanders.follow(await server.startExperiment(solo(`Newcomer ${round}`, round))));
    const racing = server.startExperiment(solo(`Racing newcomer ${round}`, round)).then(
      (id) => newcomers.push(bystanders.follow(id)),
      () => 0,
    );
    await wait(random.between(0, 15));
    await server.kill();
    await Promise.all([racing, looked]);
    stopLooking();
    if (round % 10 === 0) {
      tell(`${round} of ${rounds} rounds, ${watchers[0]?.heard.last} events of the first experiment`);
    }
  }

  await server.start();
  await simulator.config({ tokensPerSecond: 0 });
  const all = [...watchers.map(({ heard }) => heard), ...newcomers];
  for (const heard of all) {
    await heard.untilOver(180_000).catch((error: unknown) => findings.fail(String(error)));
  }
  const events = await checkAnnounced(server, all, findings);
  await checkRuns(server, all, findings);
  const said = await Promise.all(ids.map((id) => server.transcripts(id)));
  watchers.forEach(({ follower }) => follower.close());
  bystanders.close();
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  checkDatabase(server.dataDirectory, findings);
  const attempts = checkAttempts(server, findings);
  await compareWithControl(order, simulator, requests, said);
  findings.equal(server.complaints, [], 'faults in the log');

  return {
    rounds,
    figures: {
      experiments: all.length,
      events,
      runs: requests.reduce((sum, { iterations }) => sum + iterations, newcomers.length),
      ...attempts,
      'ms from start until all were taken up, median':
        takenUpMs.length > 0 ? Math.round(median(takenUpMs)) : 'none',
      'worst of them': Math.max(0, ...takenUpMs),
      'ms from listening to a new turn, median':
        firstTurnMs.length > 0 ? Math.round(median(firstTurnMs)) : 'none',
      'worst of these': Math.max(0, ...firstTurnMs),
    },
  };
};

function experiments(iterations: number) {
  return Array.from({ length: EXPERIMENTS }, (_, index) => {
    const team = index % 2 === 0 ? roundRobin : selector;
    return team(`Plan trip ${index}`, { iterations, seed: 100 + index });
  });
}

/** Notes how long after listening the first turn begins. */
function noteFirstTurn(all: readonly Heard[], { listeningAt }: Life, times: number[]): () => void {
  let isFirst = true;
  const ends = all.map((heard) =>
    heard.onEvent((event: StoredEvent) => {
      const since = Date.parse(event.created_at) - listeningAt;
      if (isFirst && event.type === 'turn.started' && since >= 0) {
        isFirst = false;
        times.push(since);
      }
    }),
  );
  return () => ends.forEach((end) => end());
}

/** Whatever is unfinished must be at work or waiting for it as soon as the server can be asked. */
async function lookAtStates(
  server: ServerProcess,
  { startedAt }: Life,
  limitMs: number,
  times: number[],
  findings: Findings,
): Promise<void> {
  const found = await server.list().catch(() => null);
  if (found === null) {
    return; // It was killed before it could answer.
  }
  const ms = Date.now() - startedAt;
  times.push(ms);
  findings.check(ms <= limitMs, `${ms} ms from start until everything was taken up`);
  for (const { experiment_id, state } of found) {
    findings.check(
      ['running', 'queued', 'completed'].includes(state),
      `experiment ${experiment_id} is ${state} after a start`,
    );
  }
}

/** Every announced event must be stored as it was announced. @returns their number */
async function checkAnnounced(
  server: ServerProcess,
  all: readonly Heard[],
  findings: Findings,
): Promise<number> {
  let count = 0;
  const listed = new Set((await server.list()).map(({ experiment_id }) => experiment_id));
  for (const { experimentId, texts, faults } of all) {
    findings.check(listed.has(experimentId), `accepted experiment ${experimentId} is gone`);
    faults.forEach((fault) => findings.fail(`watcher of ${experimentId}: ${fault}`));
    const stored = await server.storedEvents(experimentId);
    findings.equal(texts.length, stored.length, `events announced and stored of ${experimentId}`);
    const wrong = texts.findIndex((text, index) => text !== stored[index]);
    if (wrong !== -1) {
      findings.fail(`${experimentId}: announced ${texts[wrong]}, stored ${stored[wrong]}`);
    }
    count += texts.length;
  }
  return count;
}

/** Every run must have ended well, with the messages that the stream tells of. */
async function checkRuns(server: ServerProcess, all: readonly Heard[], findings: Findings): Promise<void> {
  for (const heard of all) {
    const { state, conversations, error_code, iterations } = await server.experiment(heard.experimentId);
    if (!findings.check(state === 'completed', `${heard.experimentId} ended as ${state} ${error_code}`)) {
      const rows = storedRows(
        server.dataDirectory,
        'SELECT * FROM experiments WHERE id = ?',
        heard.experimentId,
      );
      findings.fail(`its row: ${JSON.stringify(rows)}`);
    }
    findings.equal(conversations.length, iterations, `finished runs of ${heard.experimentId}`);
    const told = new Map<string, string[]>();
    for (const event of heard.events()) {
      if (event.type === 'message' && event.conversation_id !== null) {
        const texts = told.get(event.conversation_id) ?? [];
        told.set(event.conversation_id, [...texts, `${event.message.id} ${event.message.content}`]);
        findings.equal(event.message_seq, texts.length + 1, `message_seq in ${event.conversation_id}`);
      }
    }
    for (const { id, messages, state: runState } of conversations) {
      findings.equal(runState, 'completed', `state of run ${id}`);
      const kept = messages.map((message) => `${message.id} ${message.content}`);
      findings.equal(kept, told.get(id) ?? [], `messages of run ${id}`);
    }
  }
}

/** Half-made turns must be failed attempts of which the text is kept. */
function checkAttempts({ dataDirectory, lives }: ServerProcess, findings: Findings) {
  const failed = storedRows<{
    id: string;
    error_code: string;
    partial_text: string | null;
    started_at: string;
  }>(dataDirectory, "SELECT id, error_code, partial_text, started_at FROM turns WHERE state = 'failed'");
  let long = 0;
  for (const { id, error_code, partial_text, started_at } of failed) {
    findings.equal(error_code, 'INTERRUPTED', `code of failed attempt ${id}`);
    const startedAt = Date.parse(started_at);
    const life = lives.find(
      (candidate) => candidate.startedAt <= startedAt && startedAt <= candidate.endedAt,
    );
    const ranMs = (life?.endedAt ?? startedAt) - startedAt;
    if (ranMs >= CERTAIN_TEXT_MS) {
      long += 1;
      findings.check(partial_text !== null, `attempt ${id} ran ${ranMs} ms and left no text`);
    }
  }
  return {
    'interrupted attempts': failed.length,
    'with text kept': failed.filter(({ partial_text }) => partial_text !== null).length,
    [`of ${CERTAIN_TEXT_MS} ms and more`]: long,
  };
}

/** The same requests on a server that nobody disturbs say the same. */
async function compareWithControl(
  { rig, findings }: Pick<ScenarioOrder, 'rig' | 'findings'>,
  simulator: SimulatorProcess,
  requests: readonly unknown[],
  said: readonly string[][][],
): Promise<void> {
  const control = await rig.server(simulator.url, { OLLAMA_NUM_PARALLEL: '64' });
  await control.start();
  const follower = new SocketFollower(control.url);
  const all = await Promise.all(
    requests.map(async (request) => follower.follow(await control.startExperiment(request))),
  );
  for (const [index, heard] of all.entries()) {
    await heard.untilOver(180_000);
    const expected = await control.transcripts(heard.experimentId);
    for (const [run, transcript] of expected.entries()) {
      findings.equal(said[index]?.[run], transcript, `transcript of run ${run + 1} of experiment ${index}`);
    }
  }
  follower.close();
  await control.terminate();
}
