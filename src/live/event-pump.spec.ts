import { Logger } from '@nestjs/common';
import { type StoredEvent } from './event-types';
import { LiveParts, range } from './testing/live-parts';

describe('EventPump', () => {
  let live: LiveParts;
  let heard: number[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    live = await LiveParts.open('a', 'b');
    heard = [];
    live.pump.listen((event) => heard.push(event.seq));
  });
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await live.close();
  });

  const reads = () => jest.spyOn(live.database.read, 'query');
  const seqs = (events: readonly StoredEvent[]) => events.map(({ seq }) => seq);

  it('delivers every event once, in order, to every listener', async () => {
    const second: number[] = [];
    live.pump.listen((event) => second.push(event.seq));
    await Promise.all(range(1, 100).map(() => live.commit('a', 3)));
    await live.pump.idle();

    expect(heard).toEqual(range(1, 300));
    expect(second).toEqual(heard);
  });

  it('delivers a commit that is larger than what is read at once', async () => {
    await live.commit('a', 1_200);
    await live.pump.idle();

    expect(heard).toEqual(range(1, 1_200));
  });

  it('keeps the streams of experiments apart', async () => {
    const byExperiment: Record<string, number[]> = { a: [], b: [] };
    live.pump.listen((event) => byExperiment[event.experiment_id]?.push(event.seq));
    await Promise.all(range(1, 20).map((index) => live.commit(index % 2 === 0 ? 'a' : 'b')));
    await live.pump.idle();

    expect(byExperiment).toEqual({ a: range(1, 10), b: range(1, 10) });
  });

  it('reads once for several pokes', async () => {
    live.pump.watch('a', 0);
    await live.pump.idle();
    await live.database.write(async (tx) => {
      for (const seq of [1, 2, 3]) {
        await tx.query(
          "INSERT INTO events (experiment_id, seq, type, data, created_at) VALUES ('a', ?, 'message', '{}', '')",
          [seq],
        );
      }
    });
    const query = reads();
    live.pump.poke('a', 1, 1);
    live.pump.poke('a', 2, 2);
    live.pump.poke('a', 3, 3);
    await live.pump.idle();

    expect(heard).toEqual([1, 2, 3]);
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('does not deliver again what an old poke tells of', async () => {
    live.pump.watch('a', 0);
    await live.commit('a', 3);
    await live.pump.idle();
    live.pump.poke('a', 1, 2);
    await live.pump.idle();

    expect(heard).toEqual([1, 2, 3]);
  });

  it('gives a moment of the past from memory, and more from the table', async () => {
    live.pump.watch('a', 0);
    await live.commit('a', 300);
    await live.pump.idle();
    const query = reads();

    expect(seqs(await live.pump.readAfter('a', 290))).toEqual(range(291, 300));
    expect(seqs(await live.pump.readAfter('a', 44))).toEqual(range(45, 300));
    expect(query).not.toHaveBeenCalled();
    expect(seqs(await live.pump.readAfter('a', 43))).toEqual(range(44, 300));
    expect(seqs(await live.pump.readAfter('a', 0))).toEqual(range(1, 300));
    expect(query).toHaveBeenCalledTimes(2);
  });

  it('gives the same events from memory and from the table', async () => {
    live.pump.watch('a', 0);
    await live.commit('a', 20);
    await live.pump.idle();

    expect(await live.pump.readAfter('a', 5)).toEqual(await live.log.read('a', 5, 500));
  });

  it('forgets an experiment that nobody watches when all is delivered', async () => {
    await live.commit('a');
    await live.pump.idle();

    expect(heard).toEqual([1]);
    expect(live.pump.cursor('a')).toBe(0);
  });

  it('remembers how far it is as long as anybody watches', async () => {
    const releases = [live.pump.watch('a', 0), live.pump.watch('a', 0)];
    await live.commit('a', 2);
    await live.pump.idle();
    expect(live.pump.cursor('a')).toBe(2);
    releases[0]?.();
    releases[0]?.();
    expect(live.pump.cursor('a')).toBe(2);
    releases[1]?.();
    expect(live.pump.cursor('a')).toBe(0);
  });

  it('delivers from where a watcher began, not from the start', async () => {
    await live.commit('a', 5);
    await live.pump.idle();
    heard = [];
    live.pump.watch('a', 5);
    await live.commit('a', 2);
    await live.pump.idle();

    expect(heard).toEqual([6, 7]);
  });

  it('delivers what was stored between the look at the experiment and the watching', async () => {
    const lastSeq = await live.lastSeq('a');
    await live.commit('a', 2);
    await live.pump.idle();
    heard = [];
    // Nobody watched, so these were forgotten; no further event may ever come.
    live.pump.watch('a', lastSeq);
    await live.pump.idle();

    expect(heard).toEqual([1, 2]);
    expect(live.pump.cursor('a')).toBe(2);
  });

  it.each([
    ['rejects', () => jest.spyOn(live.database.read, 'query').mockRejectedValueOnce(new Error('disk'))],
    [
      'throws',
      () =>
        jest.spyOn(live.database, 'read', 'get').mockImplementationOnce(() => {
          throw new Error('not open');
        }),
    ],
  ])('delivers by itself, without a further commit, after a read that %s', async (_case, fail) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
    live.pump.watch('a', 0);
    await live.pump.idle();
    fail();
    await live.commit('a', 2);
    await live.pump.idle();
    expect(heard).toEqual([]);
    jest.advanceTimersByTime(10_000);
    await live.pump.idle();

    expect(heard).toEqual([1, 2]);
  });

  it('delivers with the next commit after a failed read', async () => {
    live.pump.watch('a', 0);
    await live.pump.idle();
    jest.spyOn(live.database.read, 'query').mockRejectedValueOnce(new Error('disk'));
    await live.commit('a', 2);
    await live.pump.idle();
    await live.commit('a', 1);
    await live.pump.idle();

    expect(heard).toEqual([1, 2, 3]);
  });

  it('delivers after a failed read although nobody watches any more, then forgets', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
    const release = live.pump.watch('a', 0);
    await live.pump.idle();
    jest.spyOn(live.database.read, 'query').mockRejectedValueOnce(new Error('disk'));
    await live.commit('a', 2);
    await live.pump.idle();
    release();
    jest.advanceTimersByTime(10_000);
    await live.pump.idle();

    expect(heard).toEqual([1, 2]);
    expect(jest.getTimerCount()).toBe(0);
    expect(live.pump.cursor('a')).toBe(0);
  });

  it('does not let one failing listener take events from the others', async () => {
    const second: number[] = [];
    live.pump.listen(({ seq }) => {
      if (seq === 2) {
        throw new Error('listener failed');
      }
    });
    live.pump.listen(({ seq }) => second.push(seq));
    live.pump.watch('a', 0);
    await live.commit('a', 4);
    await live.pump.idle();

    expect(heard).toEqual(range(1, 4));
    expect(second).toEqual(range(1, 4));
  });

  it('comes to an end when the experiment was deleted before its events were read', async () => {
    live.pump.watch('a', 0);
    await live.pump.idle();
    live.pump.poke('a', 1, 3);
    await live.pump.idle();

    expect(heard).toEqual([]);
    expect(live.pump.cursor('a')).toBe(3);
  });

  it('is silent for a listener that was taken off', async () => {
    const taken: number[] = [];
    const off = live.pump.listen(({ seq }) => taken.push(seq));
    await live.commit('a');
    await live.pump.idle();
    off();
    await live.commit('a');
    await live.pump.idle();

    expect(taken).toEqual([1]);
    expect(heard).toEqual([1, 2]);
  });
});
