import { Logger } from '@nestjs/common';
import { type Database } from '../../database/database';
import { databaseIn, temporaryFolder } from '../../database/testing/temporary-database';
import { migrations } from '../../migrations';
import { ConversationRemoval } from '../conversation-removal';
import { type SavedHead, type SavedMessage } from './saved-conversation';
import { SavedConversationWriter } from './saved-conversation-writer';

const HEAD: SavedHead = {
  title: 'First',
  agents: [{ id: 'a1', name: 'Guide', color: '#1', originalName: null, model: 'm:1b' }],
  createdAt: '2026-01-22T19:05:22.000Z',
  source: 'import',
  importedAt: '2026-01-23T00:00:00.000Z',
};

const messages = (count: number, content = 'x'): SavedMessage[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `m${index}`,
    agentId: index % 2 === 0 ? 'a1' : 'stranger',
    content: `${content} ${index}`,
    timestamp: '2026-01-22T19:05:23.000Z',
    model: null,
  }));

describe('SavedConversationWriter', () => {
  const folder = temporaryFolder();
  let database: Database;
  let removal: ConversationRemoval;
  let writer: SavedConversationWriter;
  let warned: jest.SpyInstance;

  beforeAll(async () => {
    jest.spyOn(Logger.prototype, 'log').mockImplementation();
    database = databaseIn(folder.path, { entities: [], migrations }, { DATABASE_SYNCHRONOUS: 'normal' });
    await database.open();
    removal = new ConversationRemoval(database);
    writer = new SavedConversationWriter(database, removal);
  });
  beforeEach(() => {
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
  });
  afterEach(async () => {
    warned.mockRestore();
    await database.write((tx) => tx.query('DELETE FROM conversations'));
  });
  afterAll(async () => {
    await database.close();
    folder.remove();
    jest.restoreAllMocks();
  });

  const rows = (sql: string) => database.read.query<Record<string, unknown>[]>(sql);
  const visible = () =>
    rows(
      'SELECT id, title, message_count AS count FROM conversations WHERE imported_at IS NOT NULL ORDER BY id',
    );
  const texts = async (id: string) =>
    (
      await database.read.query<{ content: string }[]>(
        'SELECT content FROM messages WHERE conversation_id = ? ORDER BY seq',
        [id],
      )
    ).map(({ content }) => content);

  it('writes all messages in their order, with the names of the agents', async () => {
    expect(await writer.save('c1', HEAD.agents, messages(1_201), () => HEAD)).toBe(1_201);
    expect(await visible()).toEqual([{ id: 'c1', title: 'First', count: 1_201 }]);
    expect(await texts('c1')).toEqual(messages(1_201).map(({ content }) => content));
    expect(await rows('SELECT seq, speaker FROM messages ORDER BY seq LIMIT 2')).toEqual([
      { seq: 1, speaker: 'Guide' },
      { seq: 2, speaker: 'stranger' },
    ]);
  });

  it.each([0, 1])(
    'shows nothing of a conversation before all of it is written (older ones: %i)',
    async (older) => {
      const before = older === 1 ? [{ id: 'c1', title: 'First', count: 3 }] : [];
      if (older === 1) {
        await writer.save('c1', [], messages(3), () => HEAD);
      }
      let seen: unknown;
      async function* slowly() {
        for (const message of messages(1_001, 'new')) {
          if (message.id === 'm1000') {
            seen = [await visible(), (await texts('c1')).includes('x 0')];
          }
          yield message;
        }
      }
      await writer.save('c1', [], slowly(), (found) => ({ ...HEAD, title: found ? 'Second' : 'Only' }));
      expect(seen).toEqual([before, older === 1]);
      expect(await visible()).toEqual([{ id: 'c1', title: older === 1 ? 'Second' : 'Only', count: 1_001 }]);
      expect(await texts('c1')).toEqual(messages(1_001, 'new').map(({ content }) => content));
      expect(await rows('SELECT COUNT(*) AS count FROM messages')).toEqual([{ count: 1_001 }]);
    },
  );

  it.each([0, 1])('leaves nothing behind when the messages fail (older ones: %i)', async (older) => {
    if (older === 1) {
      await writer.save('c1', [], messages(3), () => HEAD);
    }
    const before = [await rows('SELECT * FROM conversations'), await rows('SELECT * FROM messages')];
    async function* broken() {
      yield* messages(600);
      throw new Error('the disk is gone');
    }
    await expect(writer.save('c1', [], broken(), () => HEAD)).rejects.toThrow('the disk is gone');
    const refuse = () => {
      throw new Error('not wanted');
    };
    await expect(writer.save('c1', [], messages(2), refuse)).rejects.toThrow('not wanted');
    expect([await rows('SELECT * FROM conversations'), await rows('SELECT * FROM messages')]).toEqual(before);
  });

  it('keeps writers of the same conversation apart: the last one counts, whole', async () => {
    await Promise.all(
      [700, 800, 900].map((count) =>
        writer.save('c1', [], messages(count), () => ({ ...HEAD, title: String(count) })),
      ),
    );
    expect(await visible()).toEqual([{ id: 'c1', title: '900', count: 900 }]);
    expect(await rows('SELECT COUNT(*) AS count FROM messages')).toEqual([{ count: 900 }]);
  });

  it.each(['e1_1', 'e1_2'])('refuses %s, which is a run or may become one', async (id) => {
    await database.write(async (tx) => {
      await tx.query(
        `INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds, created_at)
         VALUES ('e1', 't', 'running', '{}', '[]', '{}', 2, 1, 1, '2026-01-01T00:00:00.000Z')`,
      );
      await tx.query(
        `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, created_at)
         VALUES ('e1_1', 'e1', 1, 'Run 1', 'running', 'p', '2026-01-01T00:00:00.000Z')`,
      );
    });
    await expect(writer.save(id, [], [], () => HEAD)).rejects.toMatchObject({ code: 'CONVERSATION_IS_RUN' });
    await database.write((tx) => tx.query('DELETE FROM experiments'));
    await writer.save(id, [], [], () => HEAD);
    expect(await visible()).toMatchObject([{ id }]);
  });

  it('changes only a conversation that is there', async () => {
    await expect(writer.update('c1', (older) => older)).rejects.toMatchObject({
      code: 'CONVERSATION_NOT_FOUND',
    });
    await writer.save('c1', [], messages(1), () => HEAD);
    await writer.update('c1', (older) => ({ ...older, title: `${older.title} again` }));
    expect(await visible()).toEqual([{ id: 'c1', title: 'First again', count: 1 }]);
  });

  it('removes at start what was left half-written, and nothing else', async () => {
    await writer.save('c1', [], messages(1), () => HEAD);
    await database.write(async (tx) => {
      await tx.query(
        `INSERT INTO conversations (id, title, state, prompt, created_at)
         VALUES ('c2', '', 'completed', '', '2026-01-01T00:00:00.000Z')`,
      );
      await tx.query(
        `INSERT INTO messages (message_id, conversation_id, seq, agent_id, speaker, content, created_at)
         VALUES ('m', 'c2', 1, 'a', 'a', 'half', '2026-01-01T00:00:00.000Z')`,
      );
    });
    await removal.onModuleInit();
    expect(await rows('SELECT id FROM conversations')).toEqual([{ id: 'c1' }]);
    expect(await texts('c2')).toEqual([]);
    expect(warned).toHaveBeenCalledTimes(1);
  });
});
