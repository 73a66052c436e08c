import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type Conversation } from '../../src/conversations/conversation.dto';
import { aConversation, anExperiment } from '../support/factories';
import { folderChange } from '../support/folder-change';
import { forgetAnswers, importKeyed, isReplayed, postKeyed } from '../support/keyed-requests';
import { pullsOf } from '../support/pulls';
import { Random } from '../support/random';
import { type RawAnswer } from '../support/raw-http';
import { storedRows } from '../support/stored-rows';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';

const START = '/api/experiments/start';

describe('Idempotency-Key and a server that is killed', () => {
  const around = withDataFolder();

  /** Lets a server do something, kills it, forgets the answers, and lets the next one do it again. */
  const twice = async (work: (url: string) => Promise<RawAnswer>) => {
    const server = await startServer(around.simulator.url, around.folder);
    const first = await work(server.url);
    expect(first.status).toBe(200);
    await server.stop('SIGKILL');
    forgetAnswers(around.folder);
    const again = await startServer(around.simulator.url, around.folder);
    const second = await work(again.url);
    expect([second.status, isReplayed(second)]).toEqual([200, false]);
    const third = await work(again.url);
    expect([third.text, isReplayed(third)]).toEqual([second.text, true]);
    return { first, second, again };
  };

  it('answers from what is stored after a restart', async () => {
    const server = await startServer(around.simulator.url, around.folder);
    const first = await postKeyed(server.url, START, 'k1', anExperiment());
    await server.stop('SIGKILL');
    const again = await startServer(around.simulator.url, around.folder);
    const second = await postKeyed(again.url, START, 'k1', anExperiment());
    expect([second.status, second.text, isReplayed(second)]).toEqual([200, first.text, true]);
    expect(await again.stop()).toBe(0);
  });

  it('finds the experiment that was created before the answer was stored', async () => {
    const work = (url: string) => postKeyed(url, START, 'k1', anExperiment());
    const { first, second, again } = await twice(work);
    expect(second.json).toMatchObject({
      experiment_id: (first.json as { experiment_id: string }).experiment_id,
      status: 'started',
    });
    expect(await again.api.list()).toHaveLength(1);
    await again.stop();
  });

  it('creates the experiment with the reserved id when it was not created before', async () => {
    const server = await startServer(around.simulator.url, around.folder);
    const work = (url: string) => postKeyed(url, START, 'k1', anExperiment());
    const { experiment_id: id } = (await work(server.url)).json as { experiment_id: string };
    await server.api.delete(`/api/experiments/${id}`);
    await server.stop('SIGKILL');
    forgetAnswers(around.folder);
    const again = await startServer(around.simulator.url, around.folder);
    expect((await work(again.url)).json).toMatchObject({ experiment_id: id, status: 'started' });
    expect((await again.api.list()).map(({ experiment_id }) => experiment_id)).toEqual([id]);
    await again.stop();
  });

  it('finds the conversation that was saved, and what became of it since', async () => {
    const work = (url: string) =>
      postKeyed(url, '/api/conversations', 'k1', aConversation({ id: undefined, title: 'First' }));
    const server = await startServer(around.simulator.url, around.folder);
    const { id } = (await work(server.url)).json as { id: string };
    await server.api.put(`/api/conversations/${id}`, { title: 'Changed' });
    await server.stop('SIGKILL');
    forgetAnswers(around.folder);
    const again = await startServer(around.simulator.url, around.folder);
    expect((await work(again.url)).json).toEqual({ message: 'Conversation saved', id });
    const { body } = await again.api.get<{ conversations: Conversation[] }>('/api/conversations');
    expect(body.conversations.map((found) => [found.id, found.title])).toEqual([[id, 'Changed']]);
    await again.stop();
  });

  it('imports files again under the same ids', async () => {
    const content = JSON.stringify([aConversation({ id: null }), aConversation({ id: '' })]);
    const work = (url: string) =>
      importKeyed(url, 'k1', { name: 'a.json', content }, { name: 'a.json', content });
    const { first, second, again } = await twice(work);
    expect(second.json).toEqual(first.json);
    expect(second.json).toMatchObject({ imported: 4, refused: 0 });
    expect(storedRows(around.folder, 'SELECT id FROM conversations')).toHaveLength(4);
    await again.stop();
  });

  it('finds the pull that was begun, also when it has ended', async () => {
    const work = (url: string) => postKeyed(url, '/api/models/pull', 'k1', { name: 'small:1b' });
    const { first, second, again } = await twice(work);
    expect(second.json).toEqual(first.json);
    expect(Object.keys(await pullsOf(again).list())).toEqual([(first.json as { task_id: string }).task_id]);
    await again.stop();
  });

  it.each([1, 2])(
    'creates each of 20 experiments once, however often it is killed meanwhile (seed %i)',
    async (seed) => {
      const random = new Random(seed);
      await around.simulator.control('hold', { afterTokens: 0 });
      const ids = new Map<string, string>();
      const startAll = (url: string) =>
        Promise.allSettled(
          Array.from({ length: 20 }, async (_, index) => {
            const key = `k${index}`;
            const { status, json } = await postKeyed(url, START, key, anExperiment());
            const { experiment_id: id } = json as { experiment_id: string };
            expect([status, ids.get(key) ?? id]).toEqual([200, id]);
            ids.set(key, id);
          }),
        );
      for (let kill = 0; kill < 4; kill += 1) {
        const server = await startServer(around.simulator.url, around.folder);
        // Every commit changes the folder.
        let changes = random.below(40);
        let isOver = false;
        const enough = folderChange(around.folder, () => isOver || (changes -= 1) < 0);
        const all = startAll(server.url).finally(() => {
          isOver = true;
        });
        await Promise.race([enough, all]);
        await server.stop('SIGKILL');
        await all;
      }
      const again = await startServer(around.simulator.url, around.folder);
      expect(await startAll(again.url)).toEqual(
        Array.from({ length: 20 }, () => ({ status: 'fulfilled', value: undefined })),
      );
      const stored = (await again.api.list()).map(({ experiment_id }) => experiment_id);
      expect(stored.toSorted()).toEqual([...ids.values()].toSorted());
      expect(new Set(stored).size).toBe(20);
      expect(await again.stop()).toBe(0);
    },
  );

  it('removes old keys at start', async () => {
    const server = await startServer(around.simulator.url, around.folder);
    const keys = ['old', 'young'];
    for (const key of keys) {
      await postKeyed(server.url, START, key, anExperiment());
    }
    await server.stop('SIGKILL');
    const file = new SqliteFile(join(around.folder, 'llama-herd.sqlite'));
    const age = file.prepare('UPDATE idempotency_keys SET created_at = ? WHERE key = ?');
    const hour = 3_600_000;
    age.run(new Date(Date.now() - 24 * hour - 1_000).toISOString(), 'old');
    age.run(new Date(Date.now() - 23 * hour).toISOString(), 'young');
    file.close();
    const again = await startServer(around.simulator.url, around.folder);
    const left = () =>
      storedRows<{ key: string }>(around.folder, 'SELECT key FROM idempotency_keys').map(({ key }) => key);
    await folderChange(around.folder, () => left().length === 1);
    expect(left()).toEqual(['young']);
    expect(isReplayed(await postKeyed(again.url, START, 'old', anExperiment()))).toBe(false);
    expect(await again.stop()).toBe(0);
  });
});
