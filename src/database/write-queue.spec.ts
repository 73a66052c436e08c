import { WriteQueue } from './write-queue';

describe('WriteQueue', () => {
  it('runs one unit after the other, in the order in which they came', async () => {
    const queue = new WriteQueue();
    const log: string[] = [];
    const unit = (name: string, turns: number) =>
      queue.run(async () => {
        log.push(`${name} begins`);
        for (let turn = 0; turn < turns; turn += 1) {
          await new Promise(setImmediate);
        }
        log.push(`${name} ends`);
        return name;
      });

    expect(await Promise.all([unit('a', 5), unit('b', 0), unit('c', 2)])).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('gives the failure of a unit to its caller alone, and goes on', async () => {
    const queue = new WriteQueue();
    const failure = new Error('failed');
    const rejected = queue.run(() => Promise.reject(failure));
    const thrown = queue.run(() => {
      throw failure;
    });
    const next = queue.run(() => Promise.resolve('next'));

    await expect(rejected).rejects.toBe(failure);
    await expect(thrown).rejects.toBe(failure);
    await expect(next).resolves.toBe('next');
  });

  it('is idle when all that was queued has ended, failures included', async () => {
    const queue = new WriteQueue();
    let ended = 0;
    const units = [1, 2, 3].map(() =>
      queue.run(async () => {
        await new Promise(setImmediate);
        ended += 1;
        throw new Error('failed');
      }),
    );
    const outcomes = Promise.allSettled(units);
    await queue.idle();

    expect(ended).toBe(3);
    await outcomes;
  });
});
