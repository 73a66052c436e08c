import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { Logger } from '@nestjs/common';
import { type StoredEvent } from './event-types';
import { LiveParts, range, startedData } from './testing/live-parts';

describe('EventLog', () => {
  let live: LiveParts;
  let heard: StoredEvent[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    live = await LiveParts.open('a', 'b');
    heard = [];
    live.pump.listen((event) => heard.push(event));
  });
  afterEach(() => live.close());

  const stored = (id: string) => live.log.read(id, 0, 10_000);
  const seqs = (events: readonly StoredEvent[]) => events.map(({ seq }) => seq);

  it('numbers the events of one unit of work in order and gives its result', async () => {
    const result = await live.log.commit('a', async ({ append }) => {
      const first = await append('conversation.started', startedData(1), { conversationId: 'c1' });
      const second = await append('conversation.started', startedData(2), { turnId: 't1' });
      return [first, second];
    });
    await live.pump.idle();

    expect(result).toEqual([1, 2]);
    expect(await stored('a')).toEqual([
      {
        seq: 1,
        type: 'conversation.started',
        experiment_id: 'a',
        conversation_id: 'c1',
        turn_id: null,
        created_at: expect.stringMatching(/Z$/),
        iteration: 1,
        title: 'Run 1',
      },
      expect.objectContaining({ seq: 2, conversation_id: null, turn_id: 't1', iteration: 2 }),
    ]);
    expect(heard).toEqual(await stored('a'));
  });

  it('leaves no gap where units are taken back, and announces nothing of them', async () => {
    const units = await Promise.allSettled(
      range(1, 200).map((index) =>
        live.log.commit('a', async ({ append }) => {
          const seq = await append('conversation.started', startedData(index));
          if (index % 4 === 0) {
            throw new Error('taken back');
          }
          return seq;
        }),
      ),
    );
    await live.pump.idle();

    const given = units.flatMap((unit) => (unit.status === 'fulfilled' ? [unit.value] : []));
    expect(given).toEqual(range(1, 150));
    expect(seqs(await stored('a'))).toEqual(range(1, 150));
    expect(seqs(heard)).toEqual(range(1, 150));
    expect(heard.filter((event) => 'iteration' in event && event.iteration % 4 === 0)).toEqual([]);
    expect(await live.lastSeq('a')).toBe(150);
  });

  it('numbers each experiment apart', async () => {
    await Promise.all([live.commit('a', 2), live.commit('b', 1), live.commit('a', 1)]);
    await live.pump.idle();

    expect(seqs(await stored('a'))).toEqual([1, 2, 3]);
    expect(seqs(await stored('b'))).toEqual([1]);
  });

  it('announces nothing when nothing was appended', async () => {
    expect(await live.log.commit('a', () => Promise.resolve('nothing'))).toBe('nothing');
    await live.pump.idle();

    expect(heard).toEqual([]);
  });

  it('stores nothing for an experiment that is gone', async () => {
    await expect(live.commit('gone')).rejects.toThrow('gone does not exist any more');
    expect(await stored('gone')).toEqual([]);
  });

  it('numbers and announces once what had to be run again because of a lock', async () => {
    const other = new SqliteFile(join(live.path, 'llama-herd.sqlite'));
    let runs = 0;
    await live.log.commit('a', async ({ tx, append }) => {
      runs += 1;
      await tx.query('SELECT 1 FROM experiments');
      if (runs === 1) {
        other.exec("UPDATE experiments SET title = 'overtaken' WHERE id = 'b'");
      }
      await append('conversation.started', startedData(1));
      await append('conversation.started', startedData(2));
    });
    await live.pump.idle();
    other.close();

    expect(runs).toBe(2);
    expect(seqs(await stored('a'))).toEqual([1, 2]);
    expect(seqs(heard)).toEqual([1, 2]);
  });

  it('counts messages and shows each with its text, which is not stored twice', async () => {
    await live.log.commit('a', async ({ tx, append }) => {
      await tx.query(
        `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, created_at)
         VALUES ('c1', 'a', 1, 'Run 1', 'running', 'Talk.', '2026-01-01T00:00:00.000Z')`,
      );
      await tx.query(
        `INSERT INTO messages (id, message_id, conversation_id, seq, agent_id, speaker, content, created_at)
         VALUES (7, 'public', 'c1', 1, 'agent-1', 'Ada', 'Hello 🦙', '2026-01-01T00:00:01.000Z')`,
      );
      await append('conversation.started', startedData(1), { conversationId: 'c1' });
      await append('message', { iteration: 1, message_seq: 1 }, { conversationId: 'c1', messageId: 7 });
    });
    await live.pump.idle();

    expect(heard[1]).toEqual(
      expect.objectContaining({
        seq: 2,
        type: 'message',
        message: {
          id: 'public',
          agentId: 'agent-1',
          content: 'Hello 🦙',
          timestamp: '2026-01-01T00:00:01.000Z',
          model: 'Ada',
        },
      }),
    );
    const { read } = live.database;
    expect(await read.query("SELECT message_count FROM experiments WHERE id = 'a'")).toEqual([
      { message_count: 1 },
    ]);
    expect(await read.query("SELECT 1 FROM events WHERE data LIKE '%Hello%'")).toEqual([]);
  });

  it('reads a piece of the stream, oldest first', async () => {
    await live.commit('a', 10);

    expect(seqs(await live.log.read('a', 3, 4))).toEqual([4, 5, 6, 7]);
    expect(seqs(await live.log.read('a', 10, 4))).toEqual([]);
  });

  describe('of one conversation', () => {
    const part = (after: number, upTo: number) => ({ experimentId: 'a', conversationId: 'a_1', after, upTo });
    const said = (conversationId: string) =>
      live.log.commit('a', ({ append }) =>
        append('message', { iteration: 1, message_seq: 1 }, { conversationId }),
      );

    it('finds the newest event of a type in a part of the stream', async () => {
      await said('a_1');
      await live.commit('a', 1);
      await said('a_2');
      await said('a_1');

      expect(await live.log.lastSeqOf('message', part(0, 4))).toBe(4);
      expect(await live.log.lastSeqOf('message', part(0, 3))).toBe(1);
      expect(await live.log.lastSeqOf('message', part(1, 3))).toBe(0);
      expect(await live.log.lastSeqOf('turn.failed', part(0, 4))).toBe(0);
    });

    it('reads its events in a part of the stream, more than a page of them too', async () => {
      for (let count = 0; count < 602; count += 1) {
        await said(count % 6 === 0 ? 'a_2' : 'a_1');
      }
      const seqsOf = async (after: number, upTo: number) => {
        const all: number[] = [];
        for await (const { seq } of live.log.readConversation(part(after, upTo))) {
          all.push(seq);
        }
        return all;
      };
      expect(await seqsOf(6, 14)).toEqual([8, 9, 10, 11, 12, 14]);
      expect(await seqsOf(0, 602)).toHaveLength(501);
    });
  });
});
