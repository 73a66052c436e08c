import { createServer } from 'node:net';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { MODEL_CALL_CODES, type ErrorCode } from '../../src/common/errors/error-codes';
import { type PauseReason } from '../../src/experiments/experiment-state';
import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp, type TestApp } from '../support/test-app';
import { finished, type FinishedExperiment, withServer } from '../support/with-server';
import { storedRows } from '../support/stored-rows';

/** Clocks scaled down: a fault shows within a second. */
const SHORT_CLOCKS = {
  OLLAMA_CONNECT_TIMEOUT_SECONDS: '0.5',
  OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '1',
  OLLAMA_IDLE_TIMEOUT_SECONDS: '0.5',
  OLLAMA_TIMEOUT: '2',
  MAX_MESSAGE_CHARACTERS: '20000',
};

interface FaultCase {
  readonly code: ErrorCode;
  readonly fault: Record<string, unknown>;
  /** Attempts at the turn; 2 where a new attempt may help. */
  readonly attempts: number;
  /** Whether a part of the answer came before the fault. */
  readonly partial: boolean;
  /** Set where the fault may pass: the experiment is paused with this reason instead of ending. */
  readonly pauses?: PauseReason;
}

const FAULTS: readonly FaultCase[] = [
  {
    code: 'OLLAMA_UNREACHABLE',
    fault: { fault: 'reset_before_headers' },
    attempts: 1,
    partial: false,
    pauses: 'ollama_away',
  },
  {
    code: 'OLLAMA_BUSY',
    fault: {
      fault: 'http_error',
      status: 503,
      text: 'server busy, please try again.  maximum pending requests exceeded',
    },
    attempts: 1,
    partial: false,
    pauses: 'ollama_busy',
  },
  {
    code: 'OLLAMA_ERROR',
    fault: { fault: 'http_error', status: 500, text: 'llama-server process has terminated: signal: killed' },
    attempts: 1,
    partial: false,
  },
  { code: 'OLLAMA_ERROR', fault: { fault: 'http_html', status: 502 }, attempts: 1, partial: false },
  { code: 'OLLAMA_ERROR', fault: { fault: 'error_line' }, attempts: 1, partial: true },
  {
    code: 'OLLAMA_REJECTED',
    fault: { fault: 'http_error', status: 400, text: '"gemma:2b" does not support thinking' },
    attempts: 1,
    partial: false,
  },
  {
    code: 'MODEL_NOT_FOUND',
    fault: { fault: 'http_error', status: 404, text: "model 'x' not found" },
    attempts: 1,
    partial: false,
  },
  { code: 'OLLAMA_FORBIDDEN', fault: { fault: 'http_empty', status: 403 }, attempts: 1, partial: false },
  { code: 'CONTEXT_OVERFLOW', fault: { fault: 'nested_json_error' }, attempts: 1, partial: false },
  { code: 'FIRST_TOKEN_TIMEOUT', fault: { fault: 'stall_before_first' }, attempts: 1, partial: false },
  {
    code: 'STALLED',
    fault: { fault: 'stall_mid_stream' },
    attempts: 2,
    partial: true,
    pauses: 'turn_failed',
  },
  {
    code: 'STREAM_CUT',
    fault: { fault: 'cut_mid_stream' },
    attempts: 2,
    partial: true,
    pauses: 'turn_failed',
  },
  {
    code: 'STREAM_CUT',
    fault: { fault: 'end_without_done' },
    attempts: 2,
    partial: true,
    pauses: 'turn_failed',
  },
  {
    code: 'STREAM_CUT',
    fault: { fault: 'identical_tokens' },
    attempts: 2,
    partial: true,
    pauses: 'turn_failed',
  },
  { code: 'BAD_STREAM', fault: { fault: 'half_line' }, attempts: 2, partial: true, pauses: 'turn_failed' },
  { code: 'BAD_STREAM', fault: { fault: 'garbage_line' }, attempts: 2, partial: true, pauses: 'turn_failed' },
  { code: 'BAD_STREAM', fault: { fault: 'wrong_shape' }, attempts: 2, partial: true, pauses: 'turn_failed' },
  {
    code: 'BAD_STREAM',
    fault: { fault: 'wrong_shape', value: null },
    attempts: 2,
    partial: true,
    pauses: 'turn_failed',
  },
  { code: 'RESPONSE_TOO_LARGE', fault: { fault: 'huge_line', bytes: 300_000 }, attempts: 1, partial: true },
];

describe('faults of a model server', () => {
  const server = withServer(SHORT_CLOCKS);

  const solo = (changes: Record<string, unknown> = {}) =>
    anExperiment({ agents: [anAgent('Solo')], ...changes });
  const run = async (app: Pick<TestApp, 'api' | 'url'>, changes: Record<string, unknown> = {}) =>
    finished(app, await app.api.start(solo(changes)));
  const failures = (events: FinishedExperiment['events']) =>
    events.flatMap((event) => (event.type === 'turn.failed' ? [event] : []));

  it.each(FAULTS.filter(({ pauses }) => pauses === undefined))(
    '$code for $fault.fault: the run fails with it, keeps what it had, and frees the model',
    async ({ code, fault }) => {
      await server.simulator.faults({ ...fault, times: 'forever' });
      const { experiment, events } = await run(server);
      expect(failures(events)).toMatchObject([{ code, attempt: 1, will_retry: false }]);
      expect(experiment).toMatchObject({ status: 'error', state: 'error', error_code: code, failed_runs: 1 });
      expect(experiment.error).toBe(experiment.conversations[0]?.error);
      expect(experiment.error).not.toMatch(/node_modules|\bat \w+ \(|127\.0\.0\.1:\d+\/api/);
      expect(experiment.conversations[0]).toMatchObject({ state: 'error', errorCode: code });
      expect(said(experiment.conversations[0])).toEqual(['agent-1: Plan a trip']);
      await server.simulator.waitUntil('activeChats', 0);
    },
  );

  it.each(FAULTS.filter(({ pauses }) => pauses !== undefined))(
    '$code for $fault.fault: the experiment is paused as $pauses, keeps what it had, and goes on when it is resumed',
    async ({ code, fault, attempts, pauses }) => {
      await server.simulator.faults({ ...fault, times: 'forever' });
      const { experiment, events } = await run(server);
      const id = experiment.experiment_id;
      expect(failures(events).map((failure) => [failure.code, failure.attempt, failure.will_retry])).toEqual(
        Array.from({ length: attempts }, (_, index) => [code, index + 1, true]),
      );
      expect(experiment).toMatchObject({
        status: 'running',
        state: 'paused',
        pause_reason: pauses,
        error_code: code,
        error: null,
        failed_runs: 0,
      });
      expect(said(experiment.conversation)).toEqual(['agent-1: Plan a trip']);
      await server.simulator.waitUntil('activeChats', 0);

      await server.simulator.reset();
      const resumed = await server.api.post<object>(`/api/experiments/${id}/resume`, {});
      expect(resumed.body).toMatchObject({ changed: true, previous_state: 'paused' });
      const watcher = await SocketWatcher.connect(server.url);
      await watcher.subscribe(id, { after: 0 });
      await watcher.untilOver();
      watcher.close();
      expect(await server.api.experiment(id)).toMatchObject({
        state: 'completed',
        completed_runs: 1,
        error_code: null,
      });
      expect(watcher.events.filter(({ type }) => type === 'turn.started')).toMatchObject(
        Array.from({ length: attempts + 1 }, (_, index) => ({ turn: 1, attempt: index + 1 })),
      );
    },
  );

  it.each(FAULTS.filter(({ partial }) => partial))(
    'what had been said before $fault.fault is kept with the failed turn, and reached the watchers',
    async ({ fault, attempts, code }) => {
      await server.simulator.script({
        tokens: ['These ', 'words ', 'came ', 'first. ', 'Not ', 'these.'],
        times: 'forever',
      });
      await server.simulator.faults({ afterTokens: 3, ...fault, times: 'forever' });
      await server.simulator.control('hold', { afterTokens: 0 });
      const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
      const watcher = await SocketWatcher.connect(server.url);
      const subscription = await watcher.subscribe(id, { after: 0 });
      await server.simulator.control('release');
      await watcher.untilSettled(subscription);
      watcher.close();
      const turns = storedRows<{ state: string; error_code: string; partial_text: string }>(
        server.dataDirectory,
        'SELECT t.state, t.error_code, t.partial_text FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.experiment_id = ? ORDER BY t.attempt',
        id,
      );
      expect(turns).toEqual(
        Array.from({ length: attempts }, () => ({
          state: 'failed',
          error_code: code,
          partial_text: expect.stringMatching(/^These words came/),
        })),
      );
      const heard = watcher.deltas.filter(({ attempt }) => attempt === 1).map(({ text }) => text);
      expect(heard.join('')).toBe(turns[0]?.partial_text);
    },
  );

  it('records every request to a model with what it was asked and what it cost', async () => {
    await server.simulator.faults({ fault: 'http_error', status: 503, text: 'server busy', times: 1 });
    const { experiment } = await run(server, { seed: 5 });
    const calls = storedRows<Record<string, unknown>>(
      server.dataDirectory,
      'SELECT * FROM model_calls WHERE conversation_id = ? ORDER BY id',
      `${experiment.experiment_id}_1`,
    );
    expect(calls.map(({ outcome }) => outcome)).toEqual(['OLLAMA_BUSY', 'ok']);
    expect(calls[1]).toMatchObject({
      purpose: 'reply',
      model: 'llama3.2:3b',
      request_hash: calls[0]?.['request_hash'],
    });
    expect(calls[1]?.['completion_tokens']).toBeGreaterThan(0);
    expect(calls[1]?.['prompt_tokens']).toBeGreaterThan(0);
    expect(calls[1]?.['model_digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(String(calls[1]?.['options']))).toMatchObject({
      num_ctx: 8192,
      num_predict: 2048,
      temperature: 0.7,
    });
  });

  it('a turn that takes too long from its first token ends with TURN_TIMEOUT', async () => {
    await server.simulator.control('config', { tokensPerSecond: 5, words: { min: 60, max: 70 } });
    const { experiment } = await run(server);
    expect(experiment.error_code).toBe('TURN_TIMEOUT');
  });

  it('OLLAMA_UNREACHABLE when nothing answers there: tried three times, each time recorded', async () => {
    const away = await startApp('http://127.0.0.1:9', SHORT_CLOCKS);
    const { experiment, events } = await run(away);
    expect(experiment).toMatchObject({ state: 'paused', error_code: 'OLLAMA_UNREACHABLE' });
    expect(failures(events)[0]?.error).toContain('OLLAMA_URL');
    expect((await away.api.get('/health/ready')).body).toMatchObject({
      status: 'degraded',
      ollama: 'away',
      database: 'up',
    });
    await away.close();
  });

  it('a server that accepts connections and says nothing ends with FIRST_TOKEN_TIMEOUT', async () => {
    const mute = createServer((socket) => socket.on('error', () => socket.destroy())).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const app = await startApp(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, SHORT_CLOCKS);
    const { experiment } = await run(app);
    expect(experiment.error_code).toBe('FIRST_TOKEN_TIMEOUT');
    await app.close();
    mute.close();
  });

  it('a passing fault costs an attempt, not the run', async () => {
    await server.simulator.script({ text: 'Half of this is lost.' }, { text: 'All of this is here.' });
    await server.simulator.faults({ fault: 'cut_mid_stream', times: 1 });
    const { experiment, events } = await run(server);
    expect(failures(events)).toMatchObject([{ code: 'STREAM_CUT', attempt: 1, will_retry: true }]);
    expect(said(experiment.conversations[0])).toEqual(['agent-1: Plan a trip', 'solo: All of this is here.']);
    expect(experiment).toMatchObject({ status: 'completed', error: null, failed_runs: 0 });
  });

  it('a busy server is asked again without a failed attempt', async () => {
    await server.simulator.faults({ fault: 'http_error', status: 503, text: 'server busy', times: 2 });
    const { experiment, events } = await run(server);
    expect(failures(events)).toEqual([]);
    expect(experiment.status).toBe('completed');
    expect(await server.simulator.requests()).toHaveLength(3);
  });

  it('an experiment in which one run failed is completed, with the code on that run', async () => {
    await server.simulator.faults({ fault: 'http_error', status: 500, text: 'out of memory', times: 1 });
    const { experiment } = await run(server, { iterations: 3 });
    expect(experiment).toMatchObject({ status: 'completed', error: null, completed_runs: 2, failed_runs: 1 });
    expect(experiment.conversations.map(({ errorCode }) => errorCode)).toEqual(['OLLAMA_ERROR', null, null]);
  });

  it('takes what is merely unusual: split characters, joined lines, a last line without its end', async () => {
    await server.simulator.script({ text: 'Grüße 🎉 aus Lisboa.', times: 'forever' });
    await server.simulator.faults(
      { fault: 'split_utf8' },
      { fault: 'joined_lines' },
      { fault: 'last_line_without_newline' },
    );
    for (let round = 0; round < 3; round += 1) {
      const { experiment } = await run(server);
      expect(said(experiment.conversations[0])[1]).toBe('solo: Grüße 🎉 aus Lisboa.');
    }
  });

  it.each([
    ['waiting for the first token', 0],
    ['in the middle of the answer', 2],
  ])('closes the connection to Ollama when it is stopped while %s', async (_, afterTokens) => {
    await server.simulator.control('hold', { afterTokens });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    await server.simulator.waitUntil('heldChats', 1);
    await server.api.put(`/api/experiments/${id}/status?status=completed`);
    await server.simulator.waitUntil('openConnections', 0);
    expect((await server.simulator.stats())['chats']).toMatchObject({ cancelled: 1 });
  });

  it('has a test for every code of a call to a model', () => {
    const tested = new Set<string>([...FAULTS.map(({ code }) => code), 'TURN_TIMEOUT', 'CONNECT_TIMEOUT']);
    expect(Object.keys(MODEL_CALL_CODES).filter((code) => !tested.has(code))).toEqual([]);
  });
});
