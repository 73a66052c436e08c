import { ERROR_CODES, type ErrorCode } from '../../common/errors/error-codes';
import { type StoredEvent } from '../../live/event-types';
import { type Heard } from '../clients/heard';
import { SocketFollower } from '../clients/socket-follower';
import { solo } from '../experiments';
import { type Findings, type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { type SimulatorProcess } from '../simulator-process';
import { checkDatabase, storedRows } from '../stored-rows';

/** What the model says when nothing goes wrong; the first three pieces come before a fault in the middle. */
const TOKENS = ['These ', 'words ', 'came ', 'first. ', 'Not ', 'these, ', 'and ', 'not ', 'those.'];
const BEFORE_FAULT = TOKENS.slice(0, 3).join('').trimEnd();

/** Clocks scaled down: every fault shows within seconds. */
const CLOCKS = {
  OLLAMA_CONNECT_TIMEOUT_SECONDS: '2',
  OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '4',
  OLLAMA_IDLE_TIMEOUT_SECONDS: '1',
  OLLAMA_TIMEOUT: '6',
  OLLAMA_RETURN_CHECK_SECONDS: '1',
  OLLAMA_NUM_PARALLEL: '1000',
  MAX_RUNNING_EXPERIMENTS: '1000',
};

/** Milliseconds until the last experiment must have met its fault. */
const FAULT_LIMIT_MS = 120_000;
const BYTES_20_MB = 20 * 1024 * 1024;

interface FaultCase {
  /** Stands in the prompt of the experiments that meet it. */
  readonly name: string;
  /** What the simulator does; null = nothing listens at the address of Ollama. */
  readonly fault: Readonly<Record<string, unknown>> | null;
  readonly codes: readonly ErrorCode[];
  /** Why it pauses; null = it ends as an error. */
  readonly pause: 'ollama_away' | 'ollama_busy' | 'turn_failed' | null;
  /** Whether a part of the answer came before. */
  readonly partial?: boolean;
  /** Not many at once: the simulator itself is busy with it. */
  readonly oneByOne?: boolean;
}

const CASES: readonly FaultCase[] = [
  { name: 'refused', fault: null, codes: ['OLLAMA_UNREACHABLE'], pause: 'ollama_away' },
  {
    name: 'reset',
    fault: { fault: 'reset_before_headers' },
    codes: ['OLLAMA_UNREACHABLE'],
    pause: 'ollama_away',
  },
  {
    name: 'status-404',
    fault: { fault: 'http_error', status: 404, text: "model 'x' not found" },
    codes: ['MODEL_NOT_FOUND'],
    pause: null,
  },
  { name: 'status-500', fault: { fault: 'http_error', status: 500 }, codes: ['OLLAMA_ERROR'], pause: null },
  {
    name: 'status-503',
    fault: { fault: 'http_error', status: 503, text: 'server busy, please try again' },
    codes: ['OLLAMA_BUSY'],
    pause: 'ollama_busy',
  },
  { name: 'html-502', fault: { fault: 'http_html', status: 502 }, codes: ['OLLAMA_ERROR'], pause: null },
  {
    name: 'stall-before-first-token',
    fault: { fault: 'stall_before_first' },
    codes: ['FIRST_TOKEN_TIMEOUT'],
    pause: null,
  },
  {
    name: 'stall-in-stream',
    fault: { fault: 'stall_mid_stream' },
    codes: ['STALLED'],
    pause: 'turn_failed',
    partial: true,
  },
  {
    name: 'cut',
    fault: { fault: 'cut_mid_stream' },
    codes: ['STREAM_CUT'],
    pause: 'turn_failed',
    partial: true,
  },
  {
    name: 'end-without-done',
    fault: { fault: 'end_without_done', afterTokens: 3 },
    codes: ['STREAM_CUT'],
    pause: 'turn_failed',
    partial: true,
  },
  {
    name: 'half-line',
    fault: { fault: 'half_line' },
    codes: ['BAD_STREAM'],
    pause: 'turn_failed',
    partial: true,
  },
  {
    name: 'garbage-line',
    fault: { fault: 'garbage_line' },
    codes: ['BAD_STREAM'],
    pause: 'turn_failed',
    partial: true,
  },
  { name: 'error-line', fault: { fault: 'error_line' }, codes: ['OLLAMA_ERROR'], pause: null, partial: true },
  {
    name: 'slow-drip',
    fault: { fault: 'slow_drip', ms: 100 },
    codes: ['FIRST_TOKEN_TIMEOUT', 'TURN_TIMEOUT'],
    pause: null,
  },
  {
    name: 'line-of-20-mb',
    fault: { fault: 'huge_line', bytes: BYTES_20_MB },
    codes: ['RESPONSE_TOO_LARGE'],
    pause: null,
    partial: true,
    oneByOne: true,
  },
  {
    name: 'wrong-shape',
    fault: { fault: 'wrong_shape' },
    codes: ['BAD_STREAM'],
    pause: 'turn_failed',
    partial: true,
  },
];

interface Struck {
  readonly fault: FaultCase;
  readonly server: ServerProcess;
  readonly heard: Heard;
}

/** Everything that goes wrong at Ollama's side (R6): a named state with a code, what was said is kept, and it goes on after. */
export const faults: Scenario = async ({ rig, rounds: asked, short, findings, tell }) => {
  const rounds = asked ?? (short ? 2 : 20);
  const simulator = await rig.simulator();
  const away = await rig.simulatorToCome();
  await arm(simulator);
  const server = await rig.server(simulator.url, CLOCKS);
  const lonely = await rig.server(away.url, CLOCKS);
  await Promise.all([server.start(), lonely.start()]);
  // A connection may watch 256 experiments: each fault has one of its own.
  const followers = new Map(
    CASES.map((fault) => [fault, new SocketFollower((fault.fault === null ? lonely : server).url)]),
  );

  const strike = async (fault: FaultCase, index: number): Promise<Struck> => {
    const at = fault.fault === null ? lonely : server;
    const id = await at.startExperiment(solo(`[${fault.name}] Say something.`, index));
    const follower = followers.get(fault);
    if (!follower) {
      throw new Error(`Nobody follows ${fault.name}.`);
    }
    return { fault, server: at, heard: follower.follow(id) };
  };
  const untilStruck = (each: Struck) =>
    each.heard
      .until(() => endOf(each) !== null, `a named state after ${each.fault.name}`, FAULT_LIMIT_MS)
      .catch((error: unknown) => findings.fail(String(error)));
  const struck = await Promise.all(
    CASES.filter(({ oneByOne }) => !oneByOne).flatMap((fault) =>
      Array.from({ length: rounds }, (_, index) => strike(fault, index)),
    ),
  );
  await Promise.all(struck.map(untilStruck));
  for (const fault of CASES.filter(({ oneByOne }) => oneByOne)) {
    for (let index = 0; index < rounds; index += 1) {
      const each = await strike(fault, index);
      await untilStruck(each);
      struck.push(each);
    }
  }
  tell(`${struck.length} experiments have met their fault`);
  const kept = struck.filter((each) => checkEnd(each, findings)).length;
  findings.check(server.isRunning && lonely.isRunning, 'a server has ended');

  // The faults are gone: what was paused goes on, by itself or when it is told to.
  await Promise.all([simulator.heal(), away.start()]);
  await away.script(REPLY);
  const paused = struck.filter(({ fault }) => fault.pause !== null);
  await Promise.all(
    paused
      .filter(({ fault }) => fault.pause === 'turn_failed' || (short && fault.fault !== null))
      .map(({ heard, server: at }) => at.ask('POST', `/api/experiments/${heard.experimentId}/resume`)),
  );
  for (const each of paused) {
    await each.heard
      .untilOver()
      .catch((error: unknown) => findings.fail(`${each.fault.name}: ${String(error)}`));
    checkCompleted(each, findings);
  }
  followers.forEach((follower) => follower.close());
  for (const at of [server, lonely]) {
    findings.equal((await at.terminate()).code, 0, 'exit code at the end');
    findings.equal(at.complaints, [], 'faults in the log');
    checkDatabase(at.dataDirectory, findings);
  }
  return {
    rounds,
    figures: {
      faults: CASES.length,
      experiments: struck.length,
      'in a named state with a right code': struck.filter((each) => isRight(each)).length,
      'with partial text kept': kept,
      'went on to the end afterwards': paused.filter(({ heard }) => heard.state === 'completed').length,
      'of those paused': paused.length,
    },
  };
};

const REPLY = { tokens: TOKENS, times: 'forever' };

async function arm(simulator: SimulatorProcess): Promise<void> {
  await simulator.script(REPLY);
  await simulator.faults(
    ...CASES.flatMap(({ name, fault }) =>
      fault === null
        ? []
        : [
            {
              ...('afterTokens' in fault || !isInStream(fault) ? {} : { afterTokens: 3 }),
              ...fault,
              times: 'forever',
              match: { contains: `[${name}]` },
            },
          ],
    ),
  );
}

function isInStream(fault: Readonly<Record<string, unknown>>): boolean {
  return !/^(reset|http|stall_before|slow)/.test(String(fault['fault']));
}

type StatusEvent = StoredEvent & { readonly type: 'experiment.status' };

/** The first event that tells of an end or a pause. */
function endOf({ heard }: Struck): StatusEvent | null {
  return (
    heard
      .events()
      .filter((event) => event.type === 'experiment.status')
      .find(({ state }) => !['queued', 'running'].includes(state)) ?? null
  );
}

function isRight(each: Struck): boolean {
  const end = endOf(each);
  const { codes, pause } = each.fault;
  return (
    end !== null &&
    end.state === (pause === null ? 'error' : 'paused') &&
    end.pause_reason === pause &&
    codes.some((code) => code === end.error_code)
  );
}

/** @returns whether a part of the answer is kept */
function checkEnd(each: Struck, findings: Findings): boolean {
  const { fault, heard, server } = each;
  const end = endOf(each);
  findings.check(
    isRight(each),
    `${fault.name}: ${end?.state} ${end?.pause_reason} ${end?.error_code} ${end?.error}`,
  );
  findings.check(Object.hasOwn(ERROR_CODES, end?.error_code ?? ''), `${fault.name}: an unlisted code`);
  const attempts = storedRows<{ state: string; error_code: ErrorCode; partial_text: string | null }>(
    server.dataDirectory,
    'SELECT state, error_code, partial_text FROM turns WHERE conversation_id = ?',
    `${heard.experimentId}_1`,
  );
  findings.check(attempts.length > 0, `${fault.name}: no attempt is stored`);
  for (const { state, error_code, partial_text } of attempts.filter(({ state: now }) => now !== 'running')) {
    findings.equal(state, 'failed', `${fault.name}: state of an attempt`);
    findings.check(fault.codes.includes(error_code), `${fault.name}: an attempt failed with ${error_code}`);
    if (fault.partial) {
      const isKept = partial_text?.startsWith(BEFORE_FAULT) ?? false;
      findings.check(
        isKept,
        `${fault.name}: kept of its text: ${JSON.stringify(partial_text)?.slice(0, 80)}`,
      );
    }
  }
  const messages = heard.events().filter(({ type }) => type === 'message');
  findings.equal(messages.length, 1, `${fault.name}: messages with the prompt`);
  return attempts.some(({ partial_text }) => partial_text !== null);
}

function checkCompleted({ fault, heard }: Struck, findings: Findings): void {
  findings.equal(heard.state, 'completed', `${fault.name}: state after the fault was gone`);
  heard.faults.forEach((what) => findings.fail(`watcher of ${fault.name}: ${what}`));
  const texts = heard
    .events()
    .flatMap((event) => (event.type === 'message' && event.message_seq > 1 ? [event.message.content] : []));
  findings.equal(texts, [TOKENS.join('')], `${fault.name}: what was said in the end`);
}
