import * as fc from 'fast-check';
import { Scheduling } from './scheduling';
import { VirtualMachine } from './testing/virtual-machine';

const LOAD_MS = 2_000;
const MAX_WAIT_MS = 10_000;
const LONGEST_CALL_MS = 3_000;

const turn = fc.record({
  model: fc.constantFrom('a', 'b', 'c'),
  ms: fc.integer({ min: 200, max: LONGEST_CALL_MS }),
});
const conversation = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 8 }),
  user: fc.constantFrom('one', 'two', 'three'),
  priority: fc.constantFrom('low' as const, 'normal' as const, 'high' as const),
  startsAt: fc.integer({ min: 0, max: 60_000 }),
  gapMs: fc.integer({ min: 0, max: 200 }),
});
const world = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  servers: fc.constantFrom(['one'], ['one', 'two'], ['one', 'two', 'three']),
  memory: fc.integer({ min: 1, max: 3 }),
  conversations: fc.array(conversation, { minLength: 1, maxLength: 25 }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function machineOf({ slots, servers, memory, conversations }: World): VirtualMachine {
  const machine = new VirtualMachine({ slots, servers, memory, maxWaitMs: MAX_WAIT_MS, loadMs: LOAD_MS });
  conversations.forEach(({ turns, user, priority, startsAt, gapMs }, index) => {
    machine.at(startsAt, () =>
      machine.conversation(turns, { conversation: `run ${index}`, user, priority, gapMs }),
    );
  });
  return machine;
}

const callsOf = ({ conversations }: World): number =>
  conversations.reduce((sum, { turns }) => sum + turns.length, 0);

describe(`${Scheduling.name}, whatever comes`, () => {
  it('serves every call once, and never has more in flight than there are slots', () => {
    fc.assert(
      fc.property(world, (given) => {
        const machine = machineOf(given);
        machine.run();
        const ids = machine.ended.map(({ call }) => call.id);
        expect(ids).toHaveLength(callsOf(given));
        expect(new Set(ids).size).toBe(ids.length);
        expect(Math.max(...machine.mostAtOnce.values())).toBeLessThanOrEqual(given.slots);
        expect(machine.scheduling.state.waiting.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('serves every call once, or never when it was cancelled, also when servers come and go', () => {
    const fault = fc.record({
      at: fc.integer({ min: 0, max: 60_000 }),
      what: fc.constantFrom('kill', 'revive', 'evict', 'cancel'),
      which: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(world, fc.array(fault, { maxLength: 8 }), (given, faults) => {
        const machine = machineOf(given);
        for (const { at, what, which } of faults) {
          const address = given.servers[which % given.servers.length] ?? 'one';
          machine.at(at, () => {
            const [waiting] = machine.scheduling.state.waiting.all();
            // One server stays, so that there is somewhere to go.
            if (what === 'kill' && address !== 'one') {
              machine.kill(address);
            } else if (what === 'revive') {
              machine.revive(address);
            } else if (what === 'evict') {
              machine.evict(address, ['a', 'b', 'c'][which] ?? 'a');
            } else if (waiting) {
              machine.cancel(waiting);
            }
          });
        }
        machine.run();
        const cancelled = new Set(machine.cancelled.map(({ id }) => id));
        const ids = machine.ended.map(({ call }) => call.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.some((id) => cancelled.has(id))).toBe(false);
        expect(machine.scheduling.state.waiting.size).toBe(0);
        expect(machine.scheduling.state.servers.every(({ atWork }) => atWork.size === 0)).toBe(true);
        expect(Math.max(...machine.mostAtOnce.values())).toBeLessThanOrEqual(given.slots);
        // A cancelled call takes the rest of its conversation with it.
        const isAll = ids.length === callsOf(given);
        expect(isAll || cancelled.size > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('lets a lone call for another model wait no longer than the longest wait and the calls in flight', () => {
    fc.assert(
      fc.property(
        world,
        fc.integer({ min: 1_000, max: 60_000 }),
        ({ conversations, ...given }, arrivesAt) => {
          const machine = machineOf({
            ...given,
            servers: ['one'],
            conversations: conversations.map((one) => ({
              ...one,
              turns: one.turns.map(({ ms }) => ({ ms, model: 'a' })),
            })),
          });
          machine.at(arrivesAt, () => machine.call({ model: 'other', user: 'newcomer' }));
          machine.run();
          const waited = machine.ended.find(({ call }) => call.user === 'newcomer');
          expect(waited).toBeDefined();
          const waitMs = (waited?.startedAt ?? Infinity) - (waited?.call.queuedAt ?? 0);
          expect(waitMs).toBeLessThanOrEqual(MAX_WAIT_MS + LONGEST_CALL_MS + LOAD_MS);
        },
      ),
      { numRuns: 300 },
    );
  });
});
