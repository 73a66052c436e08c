import { KeyedQueues } from './keyed-queues';

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('KeyedQueues', () => {
  it('runs work on the same key in the order in which it came', async () => {
    const queues = new KeyedQueues();
    const first = gate();
    const done: string[] = [];
    const work = [
      queues.run('a', async () => {
        await first.opened;
        done.push('first');
      }),
      queues.run('a', async () => {
        done.push('second');
      }),
    ];
    await queues.run('b', async () => {
      done.push('other key');
    });
    first.open();
    await Promise.all(work);
    expect(done).toEqual(['other key', 'first', 'second']);
  });

  it('goes on after work that fails, and gives the fault to who asked for it', async () => {
    const queues = new KeyedQueues();
    const failed = queues.run('a', () => Promise.reject(new Error('no')));
    const next = queues.run('a', () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
