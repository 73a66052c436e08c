import { memoryMb } from '../../bench/process-facts';
import { SocketFollower } from '../clients/socket-follower';
import { MODEL, solo } from '../experiments';
import { type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { checkDatabase, storedRows } from '../stored-rows';

const MAX_CHARACTERS = 1_000_000;
const CONTEXT_TOKENS = 500_000;
const MAX_BODY_BYTES = 1_048_576;
/** Megabytes by which the memory may have grown afterwards. */
const GROWTH_MB = 60;

/** The largest texts that are allowed work, larger ones are refused or cut (R22), and the memory stays small. */
export const sizes: Scenario = async ({ rig, rounds: asked, short, findings }) => {
  const rounds = asked ?? (short ? 1 : 5);
  const simulator = await rig.simulator();
  // The context has to hold the largest prompt, since nothing is cut silently.
  await simulator.control('config', { models: [{ name: MODEL, contextLength: CONTEXT_TOKENS }] });
  const server = await rig.server(simulator.url, { DEFAULT_NUM_CTX: String(CONTEXT_TOKENS) });
  await server.start();
  const follower = new SocketFollower(server.url);
  // What the first experiment loads into memory is no growth.
  await follower.follow(await server.startExperiment(solo('Say something.'))).untilOver();
  const idleMb = memoryMb(server.program.pid);

  for (let round = 0; round < rounds; round += 1) {
    const largest = await server.startExperiment(solo('p'.repeat(MAX_CHARACTERS)));
    const heard = follower.follow(largest);
    await heard.untilOver();
    findings.equal(heard.state, 'completed', 'an experiment with the largest prompt');
    findings.equal(
      heard.events().flatMap((event) => (event.type === 'message' ? [event.message.content.length] : []))[0],
      MAX_CHARACTERS,
      'characters of the prompt that were stored',
    );
    const call = (await simulator.requests()).at(-1);
    findings.check(
      JSON.stringify(call?.body).includes('p'.repeat(1_000)),
      'the prompt did not reach the model',
    );
    await refused(server, 'p'.repeat(MAX_CHARACTERS + 1), 422, findings.equal.bind(findings));
    await refused(server, 'p'.repeat(MAX_BODY_BYTES), 413, findings.equal.bind(findings));

    const piece = `${'answer '.repeat(1_428)}done. `;
    const pieces = Math.ceil(MAX_CHARACTERS / piece.length) + 2;
    await simulator.script({ tokens: Array.from({ length: pieces }, () => piece), times: 1 });
    const tooLong = follower.follow(await server.startExperiment(solo('Say very much.')));
    await tooLong.untilOver();
    const { state, error_code } = await server.experiment(tooLong.experimentId);
    findings.equal([state, error_code], ['error', 'RESPONSE_TOO_LARGE'], 'an answer that is too long');
    const [turn] = storedRows<{ length: number }>(
      server.dataDirectory,
      'SELECT length(partial_text) AS length FROM turns WHERE conversation_id = ?',
      `${tooLong.experimentId}_1`,
    );
    const kept = turn?.length ?? 0;
    findings.check(
      kept > MAX_CHARACTERS / 2 && kept <= MAX_CHARACTERS,
      `${kept} characters are kept of an answer that is too long`,
    );
  }
  // Memory that is free for the taking is only given back after a while.
  const growthMb = await server
    .until(
      async () => {
        const grown = memoryMb(server.program.pid) - idleMb;
        return grown <= GROWTH_MB ? grown : null;
      },
      'the end of the growth',
      30_000,
    )
    .catch(() => {
      const grown = memoryMb(server.program.pid) - idleMb;
      findings.fail(`the memory has grown by ${Math.round(grown)} MB`);
      return grown;
    });
  const mostMb = memoryMb(server.program.pid, 'VmHWM');
  follower.close();
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  findings.equal(server.complaints, [], 'faults in the log');
  checkDatabase(server.dataDirectory, findings);
  return {
    rounds,
    figures: {
      'MB grown': Math.round(growthMb),
      'MB idle': Math.round(idleMb),
      'MB at most': Math.round(mostMb),
    },
  };
};

async function refused(
  server: ServerProcess,
  prompt: string,
  status: number,
  equal: (found: unknown, expected: unknown, what: string) => void,
): Promise<void> {
  const answer = await server.send('POST', '/api/experiments/start', solo(prompt));
  equal(answer.status, status, `answer to a prompt of ${prompt.length} characters`);
}
