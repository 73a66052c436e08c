import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { aConversation, aMessage } from '../support/factories';
import { folderChange } from '../support/folder-change';
import { send } from '../support/raw-http';
import { NO_OLLAMA } from '../support/server-process';
import { storedRows } from '../support/stored-rows';
import { startServer, temporaryFolder } from '../support/test-app';

const PATH = '/api/conversations/import';
const MEMORY_GROWTH_BYTES = 120_000_000;

/** A conversation of 90,000 messages, 45 MB of text. */
function aHugeConversation(changes: Record<string, unknown> = {}): string {
  const messages = Array.from({ length: 90_000 }, (_, index) =>
    aMessage(index + 1, { content: `Message ${index} ${'wörter '.repeat(50)}` }),
  );
  return JSON.stringify(aConversation({ id: 'huge', messages, ...changes }));
}

describe('large imports', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Waits until messages of a conversation that nobody sees yet are stored; gives their number. */
  const untilHalfWritten = async (): Promise<number> => {
    const file = new SqliteFile(join(folder, 'llama-herd.sqlite'), { readonly: true });
    const count = file.prepare(
      `SELECT COUNT(m.id) AS messages FROM conversations c JOIN messages m ON m.conversation_id = c.id
        WHERE c.experiment_id IS NULL AND c.imported_at IS NULL`,
    );
    const written = () => (count.get() as { messages: number }).messages;
    await folderChange(folder, () => written() > 0);
    const found = written();
    file.close();
    return found;
  };

  it.each(['', 'in place of an older one '])(
    'leave nothing half-written %swhen the server is killed in the middle',
    async (older) => {
      const server = await startServer(NO_OLLAMA, folder);
      if (older !== '') {
        await server.api.post('/api/conversations', aConversation({ id: 'huge', title: 'Older' }));
      }
      const answer = send(server.url, { method: 'POST', path: PATH, body: aHugeConversation() });
      const cut = expect(answer).rejects.toThrow();
      await untilHalfWritten();
      // Nothing more can be written from now on, so it is killed in the middle for sure.
      const other = new SqliteFile(join(folder, 'llama-herd.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      const written = await untilHalfWritten();
      expect(written).toBeLessThan(90_000);
      const path = '/api/conversations/huge';
      const before = await server.api.get(path);
      expect(before.status).toBe(older === '' ? 404 : 200);
      await server.stop('SIGKILL');
      await cut;
      other.close();

      const again = await startServer(NO_OLLAMA, folder);
      expect(storedRows(folder, 'SELECT id FROM conversations')).toHaveLength(older === '' ? 0 : 1);
      expect(storedRows(folder, 'SELECT id FROM messages')).toHaveLength(older === '' ? 0 : 2);
      expect(await again.api.get(path)).toMatchObject({ status: before.status });
      if (older !== '') {
        expect((await again.api.get(path)).body).toEqual(before.body);
      }
      expect(await again.stop()).toBe(0);
    },
  );

  it('need little memory, whatever their size', async () => {
    const server = await startServer(NO_OLLAMA, folder);
    const peak = () =>
      1_024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
    const body = aHugeConversation();
    expect(Buffer.byteLength(body)).toBeGreaterThan(44_000_000);
    // Whatever is loaded or compiled once is there before.
    await send(server.url, { method: 'POST', path: PATH, body: JSON.stringify(aConversation()) });
    const before = peak();
    const answer = await send(server.url, { method: 'POST', path: PATH, body });
    expect(answer.json).toMatchObject({ imported: 1, items: [{ id: 'huge', messageCount: 90_000 }] });
    expect(peak() - before).toBeLessThan(MEMORY_GROWTH_BYTES);
    const page = await server.api.get(`/api/conversations/huge/messages?after_seq=89999`);
    expect(page.body).toMatchObject({ messages: [{ seq: 90_000, id: 'm90000' }], lastSeq: 90_000 });
    expect(await server.stop()).toBe(0);
  });

  it('let other requests through meanwhile', async () => {
    const server = await startServer(NO_OLLAMA, folder);
    let answered = 0;
    const done = send(server.url, { method: 'POST', path: PATH, body: aHugeConversation() }).finally(() => {
      answered += 1;
    });
    await untilHalfWritten();
    const saved = await server.api.post('/api/conversations', aConversation({ id: 'small' }));
    expect(saved.status).toBe(200);
    expect(answered).toBe(0);
    expect((await server.api.get('/api/conversations?limit=5')).body).toMatchObject({
      conversations: [{ id: 'small' }],
    });
    expect((await done).json).toMatchObject({ imported: 1 });
    await server.stop();
  });
});
