import { SideBySide } from './side-by-side';

/** Work that ends when the test says so. */
function someWork(): { work: Promise<string>; end: (value: string) => void; fail: (error: Error) => void } {
  let end: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<string>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { work, end, fail };
}

describe('SideBySide', () => {
  it('gives results in the order in which the works end, each once', async () => {
    const all = new SideBySide<string>();
    const [first, second] = [someWork(), someWork()];
    all.add(first.work);
    all.add(second.work);
    const next = all.next();
    second.end('second');
    expect(await next).toBe('second');
    expect(all.size).toBe(1);
    first.end('first');
    expect(await all.next()).toBe('first');
    expect(all.size).toBe(0);
  });

  it('counts what has ended until its result is given', async () => {
    const all = new SideBySide<string>();
    all.add(Promise.resolve('done'));
    await Promise.resolve();
    expect(all.size).toBe(1);
    await all.next();
    expect(all.size).toBe(0);
  });

  it('wakes the one who waits when there is something else to do, also when nobody waits yet', async () => {
    const all = new SideBySide<string>();
    all.add(someWork().work);
    const next = all.next();
    all.lookAgain();
    expect(await next).toBeNull();
    all.lookAgain();
    expect(await all.next()).toBeNull();
  });

  it('throws what a work has thrown, and goes on with the others', async () => {
    const all = new SideBySide<string>();
    const [bad, good] = [someWork(), someWork()];
    all.add(bad.work);
    all.add(good.work);
    bad.fail(new Error('broken'));
    await expect(all.next()).rejects.toThrow('broken');
    good.end('fine');
    expect(await all.next()).toBe('fine');
  });

  it('is idle when all have ended, whatever became of them', async () => {
    const all = new SideBySide<string>();
    const [bad, good] = [someWork(), someWork()];
    all.add(bad.work);
    all.add(good.work);
    const idle = all.idle();
    bad.fail(new Error('broken'));
    all.lookAgain();
    good.end('fine');
    await idle;
    expect(all.size).toBe(0);
  });
});
