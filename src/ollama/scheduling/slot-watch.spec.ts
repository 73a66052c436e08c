import { SlotWatch } from './slot-watch';

describe(SlotWatch.name, () => {
  const waiting = { peers: 4, totalMs: 4_000, workedMs: 2_000 };
  const served = (peers: number) => ({ peers, totalMs: 2_050, workedMs: 2_000 });

  it('says that there are fewer slots when calls wait inside Ollama again and again', () => {
    const watch = new SlotWatch();
    watch.learn(served(2));
    watch.learn(waiting);
    watch.learn(waiting);
    expect(watch.observed).toBeNull();
    watch.learn(waiting);
    expect(watch.observed).toBe(2);
  });

  it('takes it back when calls are worked on at once after all', () => {
    const watch = new SlotWatch();
    [waiting, waiting, waiting].forEach((call) => watch.learn(call));
    watch.learn(served(4));
    expect(watch.observed).toBeNull();
  });

  it('learns nothing from a call that was alone', () => {
    const watch = new SlotWatch();
    Array.from({ length: 5 }, () => watch.learn({ ...waiting, peers: 1 }));
    expect(watch.observed).toBeNull();
  });
});
