import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { fillDatabase } from '../../src/bench/fill-database';
import { ERROR_CODES } from '../../src/common/errors/error-codes';
import { startDeafServer } from '../support/deaf-server';
import { anAgent, anExperiment } from '../support/factories';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp } from '../support/test-app';
import { finished, withServer } from '../support/with-server';

describe('error codes', () => {
  const server = withServer({ SELECTOR_FALLBACK: 'fail' });

  const databaseFile = (dataDirectory: string) => new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'));

  it('CONNECT_TIMEOUT: nobody accepts the connection', async () => {
    const deaf = await startDeafServer();
    const app = await startApp(deaf.url, {
      OLLAMA_CONNECT_TIMEOUT_SECONDS: '0.3',
      OLLAMA_REQUEST_TRIES: '1',
    });
    const id = await app.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    const { experiment } = await finished(app, id);
    expect(experiment).toMatchObject({
      state: 'paused',
      pause_reason: 'ollama_away',
      error_code: 'CONNECT_TIMEOUT',
    });
    await app.close();
    await deaf.stop();
  });

  it('SPEAKER_NOT_FOUND: the selector names nobody and no fallback is wanted', async () => {
    await server.simulator.script({
      match: { system: 'decide who speaks next' },
      text: 'Hm.',
      times: 'forever',
    });
    const { experiment } = await server.run(
      anExperiment({
        agents: [anAgent('Ann'), anAgent('Bob'), anAgent('Cem')],
        chat_rules: { team_type: 'selector' },
      }),
    );
    expect(experiment).toMatchObject({ status: 'error', error_code: 'SPEAKER_NOT_FOUND' });
    expect(experiment.conversations[0]?.messages).toHaveLength(1);
  });

  it('DATABASE_BUSY: another process locks the database for longer than the setting allows', async () => {
    const app = await startApp(server.simulator.url, { DATABASE_BUSY_TIMEOUT_SECONDS: '0.2' });
    const other = databaseFile(app.dataDirectory);
    other.exec('BEGIN IMMEDIATE');
    const refused = await app.api.post('/api/experiments/start', anExperiment());
    expect(refused).toMatchObject({ status: 503, body: { error: 'STORAGE_ERROR', code: 'DATABASE_BUSY' } });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect((await app.api.get('/api/experiments')).status).toBe(200);
    other.exec('ROLLBACK');
    other.close();
    expect((await finished(app, await app.api.start(anExperiment()))).experiment.status).toBe('completed');
    await app.close();
  });

  it('INTERNAL_ERROR: a fault of our own tells nothing about its inside', async () => {
    const app = await startApp(server.simulator.url);
    const { experiment } = await finished(app, await app.api.start(anExperiment()));
    const other = databaseFile(app.dataDirectory);
    other.exec('ALTER TABLE messages RENAME TO elsewhere');
    other.close();
    const { status, body, headers } = await app.api.get(`/api/experiments/${experiment.experiment_id}`);
    expect(status).toBe(500);
    expect(body).toEqual({
      error: 'INTERNAL_ERROR',
      message: 'Internal Server Error',
      details: {},
      code: 'INTERNAL_ERROR',
      request_id: headers.get('x-request-id'),
    });
    await app.close();
  });

  it('ADDRESS_NOT_ALLOWED: the request was forwarded for somebody unknown', async () => {
    const response = await fetch(`${server.url}/api/experiments`, {
      headers: { 'x-forwarded-for': '10.1.2.3' },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
      detail: expect.stringContaining('TRUSTED_PROXIES'),
    });
  });

  it('UNKNOWN_EVENT: a socket asks for something that does not exist', async () => {
    const watcher = await SocketWatcher.connect(server.url);
    expect(await watcher.emit('nope')).toMatchObject({ error: { code: 'UNKNOWN_EVENT' } });
    watcher.close();
  });

  it('TOO_MANY_SUBSCRIPTIONS: a connection wants to watch more experiments than one may', async () => {
    const app = await startApp(server.simulator.url);
    fillDatabase(app.dataDirectory, { experiments: 257 });
    const watcher = await SocketWatcher.connect(app.url);
    for (let number = 1; number <= 256; number += 1) {
      expect(await watcher.subscribe(`experiment-${number}`)).toMatchObject({ seq: 0 });
    }
    const refused = { error: { code: 'TOO_MANY_SUBSCRIPTIONS', message: expect.stringContaining('256') } };
    expect(await watcher.emit('subscribe', { experimentId: 'experiment-257' })).toMatchObject(refused);
    // One that is watched already can be subscribed to again, and one that is given up makes room.
    expect(await watcher.subscribe('experiment-256', { after: 0 })).toMatchObject({ seq: 0 });
    await watcher.emit('unsubscribe', { experimentId: 'experiment-1' });
    expect(await watcher.subscribe('experiment-257')).toMatchObject({ seq: 0 });
    watcher.close();
    await app.close();
  });

  it('each stand in a test of this folder', () => {
    const texts = readdirSync(__dirname).map((file) => readFileSync(join(__dirname, file), 'utf8'));
    const untested = Object.keys(ERROR_CODES).filter((code) => !texts.some((text) => text.includes(code)));
    expect(untested).toEqual([]);
  });
});
