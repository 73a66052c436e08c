import { Logger } from '@nestjs/common';
import { type CatchUp, catchUp } from './catch-up';
import { type StoredEvent } from './event-types';
import { LiveParts, range } from './testing/live-parts';

/** A generator of pseudo-random numbers in [0, 1) that is the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const pause = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** A watcher that remembers what it was sent. */
class Watcher {
  readonly seqs: number[] = [];
  after = 0;
  connected = true;

  readonly take = (event: StoredEvent): void => {
    this.seqs.push(event.seq);
  };
}

describe('catchUp', () => {
  describe('with writers, pump and watchers at once', () => {
    let live: LiveParts;

    beforeAll(async () => {
      Logger.overrideLogger(false);
      live = await LiveParts.open();
    });
    afterAll(() => live.close());

    /** One race. Gives the watchers with what they got, and the place of the last event. */
    async function race(seed: number): Promise<{ watchers: Watcher[]; last: number }> {
      const random = seeded(seed);
      const id = `race-${seed}`;
      const room = new Set<Watcher>();
      const watchers: Watcher[] = [];
      await live.addExperiment(id);
      const off = live.pump.listen((event) => {
        if (event.experiment_id === id) {
          room.forEach((watcher) => watcher.take(event));
        }
      });
      const wait = async () => {
        for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) {
          await pause();
        }
      };
      const write = async () => {
        for (let commits = 6; commits > 0; commits -= 1) {
          await wait();
          await live.commit(id, 1 + Math.floor(random() * 3));
        }
      };
      const join = async () => {
        await wait();
        const watcher = new Watcher();
        const slow = random() < 0.5;
        const leavesAfter = random() < 0.2 ? 3 : Infinity;
        const lastSeq = await live.lastSeq(id);
        watcher.after = Math.floor(random() * (lastSeq + 1));
        watchers.push(watcher);
        const release = live.pump.watch(id, lastSeq);
        await catchUp({
          after: watcher.after,
          readAfter: (after) => live.pump.readAfter(id, after),
          cursor: () => live.pump.cursor(id),
          connected: () => watcher.connected,
          send: async (event) => {
            if (slow) {
              await pause();
            }
            watcher.take(event);
            watcher.connected = watcher.seqs.length < leavesAfter;
          },
          join: () => room.add(watcher),
        });
        if (!watcher.connected) {
          release();
        }
      };
      await Promise.all([write(), write(), join(), join(), join(), join(), join()]);
      await live.pump.idle();
      off();
      return { watchers, last: await live.lastSeq(id) };
    }

    it('gives each watcher each event after its place once and in order, in 200 races', async () => {
      for (let seed = 1; seed <= 200; seed += 1) {
        const { watchers, last } = await race(seed);
        expect(last).toBeGreaterThanOrEqual(12);
        for (const { after, connected, seqs } of watchers) {
          const wanted = range(after + 1, last);
          expect({ seed, seqs }).toEqual({ seed, seqs: connected ? wanted : wanted.slice(0, seqs.length) });
        }
      }
    });
  });

  describe('step by step', () => {
    const event = (seq: number) => ({ seq }) as StoredEvent;
    const events = (first: number, last: number) => range(first, last).map(event);

    function scene(more: Partial<CatchUp>) {
      const log: (number | 'join')[] = [];
      const watcher: CatchUp = {
        after: 0,
        readAfter: () => Promise.resolve([]),
        cursor: () => 0,
        connected: () => true,
        send: ({ seq }) => void log.push(seq),
        join: () => void log.push('join'),
        ...more,
      };
      return { log, run: () => catchUp(watcher) };
    }

    it('joins at once, in the same step, when nothing was missed', () => {
      const { log, run } = scene({ after: 5, cursor: () => 5 });
      void run();

      expect(log).toEqual(['join']);
    });

    it('joins a watcher that is ahead of what was delivered', async () => {
      const { log, run } = scene({ after: 9, cursor: () => 5 });
      await run();

      expect(log).toEqual(['join']);
    });

    it('leaves to the live stream what is stored but not delivered yet', async () => {
      const { log, run } = scene({ cursor: () => 2, readAfter: () => Promise.resolve(events(1, 5)) });
      await run();

      expect(log).toEqual([1, 2, 'join']);
    });

    it('sends on what is delivered while it sends', async () => {
      let cursor = 2;
      const sent: number[] = [];
      const { log, run } = scene({
        cursor: () => cursor,
        readAfter: (after) => Promise.resolve(events(after + 1, cursor)),
        send: ({ seq }) => {
          sent.push(seq);
          cursor = Math.min(cursor + 1, 6);
        },
      });
      await run();

      expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
      expect(log).toEqual(['join']);
    });

    it('joins when the events were deleted in the meantime', async () => {
      const { log, run } = scene({ cursor: () => 7 });
      await run();

      expect(log).toEqual(['join']);
    });

    it('does not join who left', async () => {
      let connected = true;
      const { log, run } = scene({
        cursor: () => 3,
        connected: () => connected,
        readAfter: () => {
          connected = false;
          return Promise.resolve(events(1, 3));
        },
      });
      await run();

      expect(log).not.toContain('join');
    });

    it('sends nothing more to who left, or asked anew, in the middle of a batch', async () => {
      const sent: number[] = [];
      const { run } = scene({
        cursor: () => 5,
        connected: () => sent.length < 2,
        readAfter: (after) => Promise.resolve(events(after + 1, 5)),
        send: ({ seq }) => void sent.push(seq),
      });
      await run();

      expect(sent).toEqual([1, 2]);
    });

    it('throws what the reading throws', async () => {
      const failure = new Error('disk');
      const { log, run } = scene({ cursor: () => 3, readAfter: () => Promise.reject(failure) });

      await expect(run()).rejects.toBe(failure);
      expect(log).toEqual([]);
    });

    it('lets others have their turn while it sends a long backlog', async () => {
      let turns = 0;
      const sending = { isOver: false };
      const counting = (async () => {
        while (!sending.isOver) {
          await pause();
          turns += 1;
        }
      })();
      const { log, run } = scene({
        cursor: () => 5_000,
        readAfter: (after) => Promise.resolve(events(after + 1, after + 500)),
      });
      await run();
      sending.isOver = true;
      await counting;

      expect(log).toHaveLength(5_001);
      expect(turns).toBeGreaterThan(5);
    });
  });
});
