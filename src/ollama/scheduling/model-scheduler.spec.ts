import { getEventListeners, setMaxListeners } from 'node:events';
import { type ScheduledCall } from '../call-scheduler';
import { loadSettings } from '../../config/load-settings';
import { modelNotInstalled } from '../model-call-error';
import { ModelUse } from '../model-use';
import { ModelScheduler } from './model-scheduler';
import { OllamaServers } from '../ollama-servers';

const schedulerOf = (slots: number) => {
  const settings = loadSettings({ OLLAMA_NUM_PARALLEL: `${slots}` });
  return new ModelScheduler(new OllamaServers(settings), new ModelUse(), settings);
};

/** Work that lasts until the spec ends it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const call = (signal = new AbortController().signal): ScheduledCall => ({
  model: 'tiny',
  experimentId: 'experiment',
  conversationId: 'conversation',
  signal,
});

/** A generator of pseudo-random numbers in [0, 1) that is the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe(ModelScheduler.name, () => {
  it('runs calls in the order in which they came, one at a time', async () => {
    const scheduler = schedulerOf(1);
    const log: string[] = [];
    const gates = [gate(), gate(), gate()];
    const runs = gates.map(({ opened }, index) =>
      scheduler.run(call(), async () => {
        log.push(`start ${index}`);
        await opened;
        log.push(`end ${index}`);
        return index;
      }),
    );
    gates.toReversed().forEach(({ open }) => open());

    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
    expect(log).toEqual(['start 0', 'end 0', 'start 1', 'end 1', 'start 2', 'end 2']);
  });

  it('gives the slot of a failed call to the next', async () => {
    const scheduler = schedulerOf(1);
    const failure = new Error('failed');
    const failing = scheduler.run(call(), () => Promise.reject(failure));
    const throwing = scheduler.run(call(), () => {
      throw failure;
    });
    const next = scheduler.run(call(), () => Promise.resolve('next'));

    await expect(failing).rejects.toBe(failure);
    await expect(throwing).rejects.toBe(failure);
    await expect(next).resolves.toBe('next');
  });

  it('takes a cancelled call out of the queue at once, and the ones behind it move up', async () => {
    const scheduler = schedulerOf(1);
    const { open, opened } = gate();
    const running = scheduler.run(call(), () => opened);
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const work = jest.fn(() => Promise.resolve());
    const cancelled = scheduler.run(call(abort.signal), work);
    const next = scheduler.run(call(), () => Promise.resolve('next'));
    abort.abort(reason);

    await expect(cancelled).rejects.toBe(reason);
    open();
    await running;
    await expect(next).resolves.toBe('next');
    expect(work).not.toHaveBeenCalled();
  });

  it.each([['a text'], [{ why: 'an object' }], [new Error('an error')]])(
    'throws the reason itself: %j',
    async (reason) => {
      const scheduler = schedulerOf(1);
      const { open, opened } = gate();
      const running = scheduler.run(call(), () => opened);
      const abort = new AbortController();
      const waiting = scheduler.run(call(abort.signal), () => Promise.resolve());
      abort.abort(reason);

      await expect(waiting).rejects.toBe(reason);
      await expect(scheduler.run(call(abort.signal), () => Promise.resolve())).rejects.toBe(reason);
      open();
      await running;
    },
  );

  it('does not start the work of a call that is cancelled in the moment when its turn comes', async () => {
    const scheduler = schedulerOf(1);
    const abort = new AbortController();
    const work = jest.fn(() => Promise.resolve());
    const cancelled = scheduler.run(call(abort.signal), work);
    abort.abort(new Error('cancelled'));

    await expect(cancelled).rejects.toThrow('cancelled');
    expect(work).not.toHaveBeenCalled();
    await expect(scheduler.run(call(), () => Promise.resolve('free'))).resolves.toBe('free');
  });

  it('leaves a running call to its own signal', async () => {
    const scheduler = schedulerOf(1);
    const abort = new AbortController();
    const { open, opened } = gate();
    const running = scheduler.run(call(abort.signal), async () => {
      await opened;
      return 'done';
    });
    await Promise.resolve();
    await Promise.resolve();
    abort.abort(new Error('cancelled'));
    open();

    await expect(running).resolves.toBe('done');
  });

  it('keeps the limit and forgets nobody under 1,000 random calls', async () => {
    const slots = 3;
    const scheduler = schedulerOf(slots);
    const random = seeded(7);
    const { signal: shared } = new AbortController();
    setMaxListeners(0, shared);
    let inFlight = 0;
    let most = 0;
    let started = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_000 }, async (_, index) => {
        const abort = new AbortController();
        const kind = random();
        const turns = Math.floor(random() * 5);
        const result = scheduler.run(call(kind < 0.2 ? abort.signal : shared), async () => {
          started += 1;
          inFlight += 1;
          most = Math.max(most, inFlight);
          for (let turn = 0; turn < turns; turn += 1) {
            await new Promise(setImmediate);
          }
          inFlight -= 1;
          if (kind > 0.8) {
            throw new Error('failed');
          }
          return index;
        });
        if (kind < 0.2) {
          setImmediate(() => abort.abort(new Error('cancelled')));
        }
        return result;
      }),
    );

    const count = (test: (outcome: PromiseSettledResult<number>) => boolean) => outcomes.filter(test).length;
    const cancelled = count(
      (outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message === 'cancelled',
    );
    expect(most).toBe(slots);
    expect(inFlight).toBe(0);
    expect(started).toBe(1_000 - cancelled);
    expect(cancelled).toBeGreaterThan(50);
    expect(count((outcome) => outcome.status === 'fulfilled')).toBeGreaterThan(500);
    expect(getEventListeners(shared, 'abort')).toEqual([]);
  });

  it('counts the loads of models, but not of one that no server has', async () => {
    const scheduler = schedulerOf(1);
    await scheduler.run({ ...call(), model: 'there' }, () => Promise.resolve());
    const away = scheduler.run({ ...call(), model: 'nowhere' }, () =>
      Promise.reject(modelNotInstalled('nowhere')),
    );
    await expect(away).rejects.toThrow('nowhere');
    expect(scheduler.status().loads.made).toBe(1);
  });

  it('takes models to fit together only when they were seen loaded together', () => {
    const scheduler = schedulerOf(4);
    expect([scheduler.fitTogether(['a', 'A:latest']), scheduler.conversationsFor(['a'])]).toEqual([true, 4]);
    expect([scheduler.fitTogether(['a', 'b']), scheduler.conversationsFor(['a', 'b'])]).toEqual([false, 64]);
    const [server] = scheduler.scheduling.state.servers;
    server?.memory.saw(
      new Map([
        ['a:latest', 5],
        ['b:latest', 7],
      ]),
    );
    expect([scheduler.fitTogether(['a', 'b']), scheduler.conversationsFor(['a', 'b'])]).toEqual([true, 4]);
  });
});
