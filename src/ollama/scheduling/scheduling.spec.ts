import { Scheduling } from './scheduling';
import { type CallWish, VirtualMachine } from './testing/virtual-machine';

const turns = (count: number, wish: (turn: number) => CallWish = () => ({})): CallWish[] =>
  Array.from({ length: count }, (_, turn) => wish(turn));

/** Two agents with a model each, in turn. */
const alternating = (count: number): CallWish[] =>
  turns(count, (turn) => ({ model: turn % 2 === 0 ? 'a' : 'b' }));

const startsOf = (machine: VirtualMachine, user: string): number[] =>
  machine.ended.filter(({ call }) => call.user === user).map(({ startedAt }) => startedAt);

describe(Scheduling.name, () => {
  it('lets calls of one user for one model go in the order in which they came', () => {
    const machine = new VirtualMachine();
    turns(5).forEach((wish) => machine.call(wish));
    machine.run();
    expect(machine.ended.map(({ call }) => call.id)).toEqual([1, 2, 3, 4, 5]);
    expect(machine.loads()).toBe(1);
  });

  it('makes the calls of many conversations for a loaded model together: 8 loads instead of 160', () => {
    const machine = new VirtualMachine({ maxWaitMs: 600_000 });
    for (let item = 1; item <= 20; item += 1) {
      machine.conversation(alternating(8), { conversation: `run ${item}` });
    }
    machine.run();
    expect(machine.ended).toHaveLength(160);
    expect(machine.loads()).toBe(8);
    // Nothing but calls and loads takes time, besides the moment before the last turn of a batch is asked for.
    expect(machine.now).toBeLessThan(160 * 1_000 + 8 * 5_000 + 8 * 60);
  });

  describe('starvation', () => {
    it('lets a call for another model wait no longer than the longest wait, however many come for the loaded one', () => {
      const machine = new VirtualMachine({ maxWaitMs: 10_000 });
      for (let run = 1; run <= 5; run += 1) {
        machine.conversation(turns(40), { conversation: `run ${run}`, user: 'long' });
      }
      machine.at(20_500, () => machine.call({ model: 'b', user: 'other' }));
      machine.run();
      const [startedAt] = startsOf(machine, 'other');
      expect(startedAt).toBeGreaterThan(20_500);
      // The call in flight is waited for.
      expect(startedAt).toBeLessThanOrEqual(20_500 + 10_000 + 1_000);
      expect(machine.loads()).toBe(3);
    });

    it('lets calls of high priority wait a quarter of that', () => {
      const machine = new VirtualMachine({ maxWaitMs: 20_000 });
      for (let run = 1; run <= 5; run += 1) {
        machine.conversation(turns(40), { conversation: `run ${run}`, user: 'long' });
      }
      machine.at(20_500, () => machine.call({ model: 'b', user: 'person', priority: 'high' }));
      machine.run();
      expect(startsOf(machine, 'person')[0]).toBeLessThanOrEqual(20_500 + 5_000 + 1_000);
    });

    it('gives the model that took the place its time: two long studies swap seldom', () => {
      const machine = new VirtualMachine({ maxWaitMs: 60_000 });
      for (const [user, model] of [
        ['one', 'a'],
        ['two', 'b'],
      ] as const) {
        for (let run = 1; run <= 4; run += 1) {
          machine.conversation(
            turns(50, () => ({ model })),
            { conversation: `${user} ${run}`, user },
          );
        }
      }
      machine.run();
      // 400 s of calls in slices of a minute.
      expect(machine.loads()).toBeLessThanOrEqual(8);
    });

    it.each(Array.from({ length: 13 }, (_, step) => 20_000 + step * 500))(
      'lets a newcomer with a third model have its few turns in one go, whenever it comes (%d ms)',
      (startsAt) => {
        const machine = new VirtualMachine({ maxWaitMs: 6_000, loadMs: 500 });
        for (let run = 1; run <= 50; run += 1) {
          const calls = alternating(8).map((call) => ({ ...call, ms: 200 }));
          machine.conversation(calls, { conversation: `run ${run}`, user: 'study' });
        }
        machine.at(startsAt, () => {
          const calls = turns(8, () => ({ model: 'c', ms: 200 }));
          machine.conversation(calls, { conversation: 'newcomer', user: 'newcomer' });
        });
        machine.run();
        const own = machine.ended.filter(({ call }) => call.user === 'newcomer');
        expect(own[0]?.startedAt).toBeLessThanOrEqual(startsAt + 6_000);
        // One load, eight calls, and the moments between them.
        expect((own.at(-1)?.endedAt ?? Infinity) - (own[0]?.startedAt ?? 0)).toBeLessThan(500 + 8 * 210);
      },
    );

    it('does not let conversations with warm prompts keep another one out for ever', () => {
      const machine = new VirtualMachine({ maxWaitMs: 10_000 });
      machine.conversation(turns(100), { conversation: 'warm', user: 'one' });
      machine.at(500, () => machine.call({ conversation: 'cold', user: 'two' }));
      machine.run();
      expect(startsOf(machine, 'two')[0]).toBeLessThanOrEqual(500 + 10_000 + 6_000);
    });
  });

  describe('prompt caches', () => {
    it('lets a conversation go on before another one of the model begins', () => {
      const machine = new VirtualMachine();
      machine.conversation(turns(8), { conversation: 'one', user: 'one' });
      machine.conversation(turns(8), { conversation: 'two', user: 'two' });
      machine.run();
      const order = machine.ended.map(({ call }) => call.conversation);
      expect(order).toEqual([...Array<string>(8).fill('one'), ...Array<string>(8).fill('two')]);
    });

    it('does not wait for a conversation that is over', () => {
      const machine = new VirtualMachine();
      machine.call({ conversation: 'one', after: () => machine.scheduling.forget('one') });
      machine.call({ conversation: 'two' });
      machine.run();
      expect(machine.ended.map(({ startedAt }) => startedAt)).toEqual([0, 6_000]);
    });

    it('waits only a moment for one that does not come back', () => {
      const machine = new VirtualMachine();
      machine.call({ conversation: 'one' });
      machine.call({ conversation: 'two' });
      machine.run();
      expect(machine.ended.map(({ startedAt }) => startedAt)).toEqual([0, 6_050]);
    });
  });

  describe('fairness', () => {
    it('gives two experiments with one model the same share, however many calls each has', () => {
      const machine = new VirtualMachine({ maxWaitMs: 1_000 });
      for (let run = 1; run <= 30; run += 1) {
        machine.conversation(turns(10), { conversation: `many ${run}`, user: 'many' });
      }
      machine.conversation(turns(100), { conversation: 'single', user: 'single' });
      machine.run(100_000);
      const of = (user: string) => startsOf(machine, user).length;
      expect(Math.abs(of('many') - of('single'))).toBeLessThanOrEqual(4);
    });

    it('gives a higher priority four times as much', () => {
      const machine = new VirtualMachine({ maxWaitMs: 1_000 });
      for (let run = 1; run <= 30; run += 1) {
        machine.conversation(turns(20), { conversation: `n${run}`, user: 'normal' });
        machine.conversation(turns(20), { conversation: `l${run}`, user: 'low', priority: 'low' });
      }
      machine.run(200_000);
      const of = (user: string) => startsOf(machine, user).length;
      expect(of('normal') / of('low')).toBeGreaterThan(3);
      expect(of('normal') / of('low')).toBeLessThan(5);
    });

    it('gives nobody more for having been away', () => {
      const machine = new VirtualMachine({ maxWaitMs: 1_000 });
      machine.call({ user: 'back' });
      for (let run = 1; run <= 10; run += 1) {
        machine.conversation(turns(30), { conversation: `run ${run}`, user: 'busy' });
      }
      machine.at(100_000, () => {
        for (let run = 1; run <= 10; run += 1) {
          machine.conversation(turns(30), { conversation: `back ${run}`, user: 'back' });
        }
      });
      machine.run(140_000);
      const late = machine.ended.filter(({ startedAt }) => startedAt > 100_000);
      const back = late.filter(({ call }) => call.user === 'back').length;
      expect(back / late.length).toBeLessThan(0.65);
    });
  });

  it('takes a cancelled call out of the queue, and the others move up', () => {
    const machine = new VirtualMachine();
    machine.call();
    const cancelled = machine.call({ model: 'b' });
    machine.call();
    machine.at(100, () => machine.cancel(cancelled));
    machine.run();
    expect(machine.ended.map(({ call }) => call.id)).toEqual([1, 3]);
    expect(machine.scheduling.state.waiting.size).toBe(0);
  });

  it('does not make room for a model that nobody waits for any more', () => {
    const machine = new VirtualMachine({ maxWaitMs: 3_000, slots: 2 });
    machine.call({ ms: 10_000 });
    machine.call();
    const other = machine.call({ model: 'b' });
    machine.call();
    machine.run(8_000);
    expect(machine.serverOf('one').yieldingTo).toBe('b');
    machine.cancel(other);
    machine.run();
    expect(machine.ended.map(({ call }) => call.model)).toEqual(['a', 'a', 'a']);
    expect(machine.loads()).toBe(1);
  });

  describe('memory', () => {
    it('learns that two models fit together, and keeps both', () => {
      const machine = new VirtualMachine({ memory: 2 });
      expect(machine.scheduling.conversationsFor(['a', 'b'])).toBe(64);
      for (let run = 1; run <= 3; run += 1) {
        machine.conversation(alternating(6), { conversation: `run ${run}` });
      }
      machine.run();
      expect(machine.loads()).toBe(2);
      expect(machine.scheduling.conversationsFor(['a', 'b'])).toBe(1);
    });

    it('opens as many conversations as there are slots for one model, and many for models that push each other out', () => {
      const machine = new VirtualMachine({ slots: 4, servers: ['one', 'two'] });
      expect(machine.scheduling.conversationsFor(['a', 'a'])).toBe(8);
      expect(machine.scheduling.conversationsFor(['a', 'b'])).toBe(64);
    });

    it('unlearns it when a load pushes one out after all', () => {
      const machine = new VirtualMachine({ memory: 2 });
      machine.conversation(alternating(2));
      machine.run();
      const server = machine.serverOf('one');
      expect(server.memory.fits(['a', 'b'])).toBe(true);
      machine.evict('one', 'b');
      machine.conversation([{ model: 'b' }]);
      server.saw(new Map([['b', 1]]));
      expect(server.memory.fits(['a', 'b'])).toBe(false);
    });

    it('counts the load of a model that was pushed out from outside', () => {
      const machine = new VirtualMachine();
      machine.call();
      machine.run();
      machine.evict('one', 'a');
      expect([...machine.serverOf('one').loaded.keys()]).toEqual([]);
      machine.call();
      machine.run();
      expect(machine.loads()).toBe(2);
      expect([...machine.serverOf('one').loaded.keys()]).toEqual(['a']);
    });
  });

  describe('several servers', () => {
    const servers = ['one', 'two', 'three'];

    it('sends a call to the server that has the model loaded, else to the least busy one', () => {
      const machine = new VirtualMachine({ servers, slots: 2 });
      machine.call({ model: 'a' });
      machine.call({ model: 'b' });
      machine.call({ model: 'a' });
      machine.call({ model: 'b' });
      machine.run();
      const of = (model: string) =>
        machine.ended.filter(({ call }) => call.model === model).map(({ server }) => server);
      expect(new Set(of('a')).size).toBe(1);
      expect(new Set(of('b')).size).toBe(1);
      expect(of('a')[0]).not.toBe(of('b')[0]);
    });

    it('loads a model once more where many calls wait for it', () => {
      const machine = new VirtualMachine({ servers });
      turns(60).forEach((wish) => machine.call(wish));
      machine.run();
      expect(machine.loads()).toBe(3);
      expect(machine.now).toBeLessThan(40_000);
    });

    it('leaves out a server that is lost, and makes its calls elsewhere; it gets calls again when it is back', () => {
      const machine = new VirtualMachine({ servers: ['one', 'two'] });
      for (let run = 1; run <= 6; run += 1) {
        machine.conversation(turns(10), { conversation: `run ${run}`, user: `${run}` });
      }
      machine.at(10_500, () => machine.kill('one'));
      machine.at(40_000, () => machine.revive('one'));
      machine.run();
      expect(machine.ended).toHaveLength(60);
      const onOne = machine.ended.filter(({ server }) => server === 'one').map(({ startedAt }) => startedAt);
      expect(onOne.filter((at) => at > 10_500 && at < 40_000)).toEqual([]);
      expect(onOne.some((at) => at >= 40_000)).toBe(true);
    });

    it('tries a server that may have got a model since it was last looked at', () => {
      const machine = new VirtualMachine({ servers: ['one', 'two'] });
      machine.serverOf('one').sawInstalled(new Set(['b']));
      machine.serverOf('two').sawInstalled(new Set(['b']));
      const serversFor = () => machine.scheduling.state.serversFor('a').map(({ address }) => address);
      expect(serversFor()).toEqual(['one', 'two']);
      machine.serverOf('one').lacks('a');
      expect(serversFor()).toEqual(['two']);
      machine.serverOf('two').lacks('a');
      expect(serversFor()).toEqual(['one', 'two']);
    });

    it('sends calls only to servers that have the model', () => {
      const machine = new VirtualMachine({ servers: ['one', 'two'] });
      machine.serverOf('one').sawInstalled(new Set(['a']));
      machine.serverOf('two').sawInstalled(new Set(['b']));
      turns(10, (turn) => ({ model: turn % 2 === 0 ? 'a' : 'b' })).forEach((wish) => machine.call(wish));
      machine.run();
      expect(machine.loads()).toBe(2);
      expect(machine.ended.every(({ call, server }) => (call.model === 'a') === (server === 'one'))).toBe(
        true,
      );
    });
  });
});
