import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type OpenAPIObject } from '@nestjs/swagger';
import { outcome } from '../support/error-shape';
import { aConversation, anExperiment } from '../support/factories';
import { importKeyed, isReplayed, postKeyed } from '../support/keyed-requests';
import { pullsOf } from '../support/pulls';
import { type RawAnswer, send } from '../support/raw-http';
import { storedRows } from '../support/stored-rows';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

const START = '/api/experiments/start';
const ORIGIN = 'http://localhost:3000';

/** Routes that create something, and a body for each. */
const CREATING: [path: string, body: object][] = [
  [START, anExperiment()],
  ['/api/conversations', aConversation({ id: '' })],
  ['/api/conversations/import', aConversation({ id: '' })],
  ['/api/models/pull', { name: 'small:1b' }],
];

describe('Idempotency-Key', () => {
  const server = withServer();
  let keys = 0;

  /** A key that no other test uses. */
  const newKey = () => `key-${(keys += 1)}`;
  const start = (key: string, changes = {}) => postKeyed(server.url, START, key, anExperiment(changes));
  const databaseFile = (dataDirectory = server.dataDirectory) =>
    new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'));
  const rowsOf = (key: string) =>
    storedRows<{ status: number | null }>(
      server.dataDirectory,
      'SELECT status FROM idempotency_keys WHERE key = ?',
      key,
    );
  const experimentCount = async () => (await server.api.list()).length;
  const idOf = ({ json }: RawAnswer) => (json as { experiment_id: string }).experiment_id;

  it.each(CREATING)('%s creates once and answers the same again', async (path, body) => {
    const key = newKey();
    const tables = () =>
      ['experiments', 'conversations', 'pull_tasks'].map(
        (table) => storedRows(server.dataDirectory, `SELECT id FROM ${table}`).length,
      );
    const first = await postKeyed(server.url, path, key, body);
    expect(outcome(first)).toBe('200');
    expect(isReplayed(first)).toBe(false);
    if (path === START) {
      await server.untilOver(idOf(first));
    }
    const before = tables();
    for (let time = 0; time < 3; time += 1) {
      const again = await postKeyed(server.url, path, key, body);
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
      expect(isReplayed(again)).toBe(true);
    }
    expect(tables()).toEqual(before);
    const other = await postKeyed(server.url, path, newKey(), body);
    expect(isReplayed(other)).toBe(false);
    expect(other.text).not.toBe(first.text);
  });

  it.each(CREATING)('%s refuses a key that it knows with another body', async (path, body) => {
    const key = newKey();
    await postKeyed(server.url, path, key, body);
    const reused = await postKeyed(server.url, path, key, { ...body, extra: 1 });
    const family = path.startsWith('/api/models') ? '' : ' VALIDATION_ERROR';
    expect(outcome(reused)).toBe(`422 IDEMPOTENCY_KEY_REUSED${family}`);
    expect(isReplayed(reused)).toBe(false);
  });

  it.each(CREATING)('%s names the header when the key is wrong, and creates nothing', async (path, body) => {
    const before = await experimentCount();
    for (const key of ['', 'k'.repeat(256), 'a b', '\u00e4']) {
      const answer = await postKeyed(server.url, path, key, body);
      expect(outcome(answer)).toBe('422 VALIDATION_FAILED [value_error header.Idempotency-Key]');
    }
    expect(await experimentCount()).toBe(before);
  });

  it('changes nothing for requests without a key', async () => {
    const ids = [await server.api.start(anExperiment()), await server.api.start(anExperiment())];
    expect(new Set(ids).size).toBe(2);
    const { status, headers } = await server.api.post('/api/conversations', aConversation());
    expect([status, headers.get('idempotency-replayed')]).toEqual([200, null]);
  });

  it('takes quotes as a part of the key, and keys that differ in case as two', async () => {
    const key = newKey();
    const ids = [await start(key), await start(`"${key}"`), await start(key.toUpperCase())].map(idOf);
    expect(new Set(ids).size).toBe(3);
  });

  it('counts the key for its route only', async () => {
    const key = newKey();
    const conversation = aConversation({ id: '' });
    const saved = await postKeyed(server.url, '/api/conversations', key, conversation);
    const imported = await postKeyed(server.url, '/api/conversations/import', key, conversation);
    expect([saved, imported].map(isReplayed)).toEqual([false, false]);
    expect((await start(key)).status).toBe(200);
  });

  it('starts one experiment when the same request comes 20 times at once', async () => {
    const key = newKey();
    const before = await experimentCount();
    const answers = await Promise.all(Array.from({ length: 20 }, () => start(key)));
    const good = answers.filter(({ status }) => status === 200);
    expect(good.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    expect(new Set(good.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(outcome(answer)).toBe('409 IDEMPOTENCY_IN_PROGRESS VALIDATION_ERROR');
    }
    expect(await experimentCount()).toBe(before + 1);
  });

  it('IDEMPOTENCY_IN_PROGRESS: sends a repeated request away while the first one is worked on', async () => {
    const key = newKey();
    const other = databaseFile();
    other.exec('BEGIN IMMEDIATE');
    const both = [start(key), start(key)];
    const second = await Promise.race(both);
    expect(outcome(second)).toBe('409 IDEMPOTENCY_IN_PROGRESS VALIDATION_ERROR');
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    expect(outcome(await start(key, { iterations: 2 }))).toBe('422 IDEMPOTENCY_KEY_REUSED VALIDATION_ERROR');
    other.exec('ROLLBACK');
    other.close();
    const answers = await Promise.all(both);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const first = answers.find(({ status }) => status === 200);
    const again = await start(key);
    expect(isReplayed(again)).toBe(true);
    expect(again.text).toBe(first?.text);
  });

  it('forgets the key of a refused request, so that it can be corrected', async () => {
    const key = newKey();
    const twins = anExperiment().agents.map((agent) => ({ ...agent, name: 'Same' }));
    expect(outcome(await start(key, { agents: twins }))).toBe('400 DUPLICATE_AGENT_NAME EXPERIMENT_ERROR');
    expect(outcome(await start(key, { agents: [] }))).toMatch(/^422 VALIDATION_FAILED/);
    expect(rowsOf(key)).toEqual([]);
    const corrected = await start(key);
    expect([corrected.status, isReplayed(corrected)]).toEqual([200, false]);
    const wrongPull = await postKeyed(server.url, '/api/models/pull', key, { name: 'evil.com/a/b' });
    expect(outcome(wrongPull)).toBe('400 REGISTRY_NOT_ALLOWED');
    expect((await postKeyed(server.url, '/api/models/pull', key, { name: 'good:1b' })).status).toBe(200);
  });

  it('keeps the key after a fault of its own for the same request, which then creates one thing', async () => {
    const app = await startApp(server.simulator.url);
    const post = (changes = {}) => postKeyed(app.url, START, 'k1', anExperiment(changes));
    const file = databaseFile(app.dataDirectory);
    file.exec('ALTER TABLE events RENAME TO elsewhere');
    expect(outcome(await post())).toBe('500 INTERNAL_ERROR INTERNAL_ERROR');
    file.exec('ALTER TABLE elsewhere RENAME TO events');
    const [reserved] = storedRows<{ resource_id: string }>(
      app.dataDirectory,
      'SELECT resource_id FROM idempotency_keys WHERE status IS NULL',
    );
    file.close();
    expect(outcome(await post({ iterations: 2 }))).toBe('422 IDEMPOTENCY_KEY_REUSED VALIDATION_ERROR');
    const retried = await post();
    expect([retried.status, isReplayed(retried), idOf(retried)]).toEqual([200, false, reserved?.resource_id]);
    expect(isReplayed(await post())).toBe(true);
    expect(await app.api.list()).toHaveLength(1);
    await app.close();
  });

  it('answers again although the database is locked', async () => {
    const key = newKey();
    const first = await start(key);
    const other = databaseFile();
    other.exec('BEGIN IMMEDIATE');
    const again = await start(key);
    expect([again.status, again.text, isReplayed(again)]).toEqual([200, first.text, true]);
    other.exec('ROLLBACK');
    other.close();
  });

  it('does not pull a model again that was pulled and taken off the list meanwhile', async () => {
    const key = newKey();
    const pulls = pullsOf(server);
    const first = await postKeyed(server.url, '/api/models/pull', key, { name: 'once:1b' });
    const { task_id: id } = first.json as { task_id: string };
    await pulls.untilOver(id);
    await pulls.dismiss(id);
    expect((await postKeyed(server.url, '/api/models/pull', key, { name: 'once:1b' })).text).toBe(first.text);
    expect(Object.keys(await pulls.list())).not.toContain(id);
  });

  describe('of an import', () => {
    const file = (name: string, title: string) => ({
      name,
      content: JSON.stringify([aConversation({ id: '', title }), { title: 'No messages' }]),
    });

    it('is for the names and contents of the files, whatever stands between them', async () => {
      const key = newKey();
      const first = await importKeyed(server.url, key, file('a.json', 'A'));
      expect(first.json).toMatchObject({ imported: 1, refused: 1 });
      const { headers, body } = formWithBoundary('another-boundary', file('a.json', 'A'));
      const again = await send(server.url, {
        method: 'POST',
        path: '/api/conversations/import',
        headers: { ...headers, 'idempotency-key': key },
        body,
      });
      expect([again.text, isReplayed(again)]).toEqual([first.text, true]);
      for (const files of [
        [file('a.json', 'B')],
        [file('b.json', 'A')],
        [file('a.json', 'A'), file('a.json', 'A')],
      ]) {
        const reused = await importKeyed(server.url, key, ...files);
        expect(outcome(reused)).toBe('422 IDEMPOTENCY_KEY_REUSED VALIDATION_ERROR');
      }
    });

    it('is free again when the body could not be read', async () => {
      const key = newKey();
      const path = '/api/conversations/import';
      const text = { 'content-type': 'text/plain', 'idempotency-key': key };
      const refused = await send(server.url, { method: 'POST', path, headers: text, body: 'x' });
      expect(outcome(refused)).toBe('415 UNSUPPORTED_MEDIA_TYPE');
      expect(rowsOf(key)).toEqual([]);
      expect((await importKeyed(server.url, key, file('a.json', 'A'))).status).toBe(200);
    });

    it('gives an answer of more than 1 MB again without its items', async () => {
      const key = newKey();
      const name = `${'n'.repeat(195)}.json`;
      const content = JSON.stringify(Array.from({ length: 4_000 }, () => ({ title: 'No messages' })));
      const first = await importKeyed(server.url, key, { name, content });
      expect(first.json).toMatchObject({ imported: 0, refused: 4_000 });
      expect(first.text.length).toBeGreaterThan(1_048_576);
      const again = await importKeyed(server.url, key, { name, content });
      expect([again.json, isReplayed(again)]).toEqual([{ imported: 0, refused: 4_000, items: [] }, true]);
    });
  });

  it('may be sent by the pages of listed origins, which may read whether an answer came again', async () => {
    const preflight = await send(server.url, {
      method: 'OPTIONS',
      path: START,
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,idempotency-key',
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': expect.stringContaining('idempotency-key'),
    });
    const answer = await send(server.url, {
      method: 'POST',
      path: START,
      headers: { origin: ORIGIN, 'idempotency-key': newKey() },
      body: JSON.stringify(anExperiment()),
    });
    const exposed = String(answer.headers['access-control-expose-headers']).split(/,\s*/);
    expect(exposed).toEqual(expect.arrayContaining(['Idempotency-Replayed', 'Retry-After']));
  });

  it('is documented on every route that creates something, with the answers that it brings', async () => {
    const { body: document } = await server.api.get<OpenAPIObject>('/openapi.json');
    const keyed = Object.entries(document.paths).flatMap(([path, { post }]) =>
      JSON.stringify(post?.parameters ?? []).includes('Idempotency-Key') ? [path] : [],
    );
    expect(keyed).toEqual(expect.arrayContaining(CREATING.map(([path]) => path)));
    for (const path of keyed) {
      const { parameters, responses = {} } = document.paths[path]?.post ?? {};
      expect(parameters).toContainEqual(
        expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: false }),
      );
      expect(JSON.stringify(responses['200'])).toContain('Idempotency-Replayed');
      expect(JSON.stringify(responses['409'])).toContain('IDEMPOTENCY_IN_PROGRESS');
      expect(JSON.stringify(responses['422'])).toContain('Idempotency-Key');
    }
  });
});

function formWithBoundary(boundary: string, { name, content }: { name: string; content: string }) {
  const head = `Content-Disposition: form-data; name="upload"; filename="${name}"\r\nContent-Type: application/json`;
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `--${boundary}\r\n${head}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  };
}
