import { FairShares } from './fair-shares';
import { LoadCounts } from './load-counts';
import { MemoryFit } from './memory-fit';
import { ModelSpeeds } from './model-speeds';
import { SlotWatch } from './slot-watch';
import { WaitClock } from './wait-clock';

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

describe(WaitClock.name, () => {
  it('counts the time in which a conversation waits with no call at work', () => {
    const clock = new WaitClock();
    clock.change('c', 1, 0, 1_000);
    expect(clock.waitedMs('c', 1_500)).toBe(500);
    clock.change('c', -1, 1, 3_000);
    expect(clock.waitedMs('c', 9_000)).toBe(2_000);
    clock.change('c', 1, 0, 9_000);
    expect(clock.waitedMs('c', 10_000)).toBe(2_000);
    clock.change('c', 0, -1, 10_000);
    expect(clock.waitedMs('c', 12_000)).toBe(4_000);
    clock.forget('c');
    expect(clock.waitedMs('c', 12_000)).toBe(0);
  });
});

describe(MemoryFit.name, () => {
  const seen = (...sets: Record<string, number>[]): MemoryFit => {
    const memory = new MemoryFit();
    sets.forEach((set) => memory.saw(new Map(Object.entries(set))));
    return memory;
  };

  it('knows that what was seen side by side fits, and less does', () => {
    const memory = seen({ a: 4, b: 3 }, { c: 2 });
    expect(memory.fits(['a', 'b'])).toBe(true);
    expect(memory.fits(['b', 'c'])).toBe(true);
    expect(memory.fits(['a', 'b', 'c'])).toBe(false);
  });

  it('promises nothing of models that were never seen, and one alone always fits', () => {
    expect(seen({ a: 4, b: 3 }).fits(['a', 'x'])).toBe(false);
    expect(seen().fits(['x'])).toBe(true);
  });

  it('believes an eviction more than what was seen before, until they are seen again', () => {
    const memory = seen({ a: 4, b: 3 });
    memory.sawEviction('b', ['a']);
    expect(memory.fits(['a', 'b'])).toBe(false);
    memory.saw(
      new Map([
        ['a', 4],
        ['b', 3],
      ]),
    );
    expect(memory.fits(['a', 'b'])).toBe(true);
  });
});

describe(LoadCounts.name, () => {
  const never = () => false;

  it('compares the loads with those of conversations that are made one after the other', () => {
    const loads = new LoadCounts();
    for (const model of ['a', 'b', 'a', 'b']) {
      for (const conversation of ['one', 'two', 'three']) {
        loads.begin({ model, user: 'user', conversation }, never);
      }
      loads.count(model);
    }
    expect(loads.made).toBe(4);
    // 3 conversations of 4 turns; only the first ever call finds nothing to compare with.
    expect(loads.saved).toBe(1 + 3 * 3 - 4);
    expect(loads.of('a')).toBe(2);
  });

  it('saves nothing where the models fit together', () => {
    const loads = new LoadCounts();
    loads.begin({ model: 'a', user: 'user', conversation: 'one' }, () => true);
    loads.begin({ model: 'b', user: 'user', conversation: 'one' }, () => true);
    loads.count('a');
    expect(loads.saved).toBe(0);
  });
});

describe(ModelSpeeds.name, () => {
  it('averages what was measured, prompts only without a cache and loads only where there was one', () => {
    const speeds = new ModelSpeeds();
    const measures = {
      loadMs: 5_000,
      promptMs: 100,
      promptTokens: 100,
      generateMs: 1_000,
      completionTokens: 50,
    };
    speeds.learn('a', measures, { isLoad: true, isCold: true });
    expect(speeds.of('a')).toEqual({
      tokensPerSecond: 50,
      promptTokensPerSecond: 1_000,
      loadMs: 5_000,
      callMs: 1_100,
    });
    speeds.learn(
      'a',
      { ...measures, loadMs: 3, promptMs: 1, generateMs: 500 },
      { isLoad: false, isCold: false },
    );
    expect(speeds.of('a')).toMatchObject({
      promptTokensPerSecond: 1_000,
      loadMs: 5_000,
      tokensPerSecond: 60,
    });
  });

  it('knows nothing of a model that was not called', () => {
    expect(new ModelSpeeds().of('a')).toEqual({
      tokensPerSecond: null,
      promptTokensPerSecond: null,
      loadMs: null,
      callMs: null,
    });
  });
});

describe(FairShares.name, () => {
  it('counts service by priority', () => {
    const shares = new FairShares();
    shares.enter('low', 0);
    shares.enter('high', 0);
    shares.leave('low', 'low', 1_000, 0);
    shares.leave('high', 'high', 16_000, 0);
    expect(shares.timeOf('low')).toBe(shares.timeOf('high'));
  });

  it('lets a new user begin level with the one that was served last', () => {
    const shares = new FairShares();
    shares.enter('old', 0);
    shares.leave('old', 'normal', 40_000, 1);
    shares.enter('old', 1);
    shares.serve('old');
    expect(shares.timeOf('new')).toBe(10_000);
  });
});
