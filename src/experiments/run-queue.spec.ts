import { RunQueue } from './run-queue';

describe('the queue of experiments', () => {
  const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
  const wait = (queue: RunQueue, id: string, minute: number, alone = false) =>
    queue.add({ id, queuedAt: at(minute), alone });
  const takeAll = (queue: RunQueue) => {
    const taken: string[] = [];
    for (let next = queue.next(); next !== null; next = queue.next()) {
      taken.push(next.id);
    }
    return taken;
  };

  it('lets as many run as the limit says, the others in the order of their arrival', () => {
    const queue = new RunQueue(2);
    expect([queue.enter('a'), queue.enter('b'), queue.enter('c')]).toEqual([true, true, false]);
    wait(queue, 'd', 3);
    wait(queue, 'c', 2);
    expect(takeAll(queue)).toEqual([]);
    queue.remove('a');
    expect(takeAll(queue)).toEqual(['c']);
    queue.remove('b');
    expect(takeAll(queue)).toEqual(['d']);
  });

  it('lets nobody overtake those that wait', () => {
    const queue = new RunQueue(2);
    queue.enter('a');
    wait(queue, 'b', 1);
    expect(queue.enter('c')).toBe(false);
  });

  it('orders equal times by id, as the position that clients see does', () => {
    const queue = new RunQueue(3);
    wait(queue, 'b', 1);
    wait(queue, 'B', 1);
    wait(queue, 'a', 1);
    expect(takeAll(queue)).toEqual(['B', 'a', 'b']);
  });

  it('runs suspects first and alone, one after the other, until each has proved harmless', () => {
    const queue = new RunQueue(5);
    wait(queue, 'innocent', 0);
    wait(queue, 'first', 1, true);
    wait(queue, 'second', 2, true);
    expect(takeAll(queue)).toEqual(['first']);
    expect(queue.enter('new')).toBe(false);
    // The second one needs the server for itself, so the first one has to make room.
    expect(queue.clear('first')).toBe(true);
    expect(takeAll(queue)).toEqual([]);
    queue.remove('first');
    expect(takeAll(queue)).toEqual(['second']);
    expect(queue.clear('second')).toBe(false);
    expect(takeAll(queue)).toEqual(['innocent']);
  });

  it('takes one in beyond the limit where a person waits for one turn', () => {
    const queue = new RunQueue(1);
    queue.enter('a');
    queue.enterAnyway('b');
    wait(queue, 'c', 1);
    queue.remove('a');
    expect(takeAll(queue)).toEqual([]);
    queue.remove('b');
    expect(takeAll(queue)).toEqual(['c']);
  });

  it('lets nobody run any more when it is closed', () => {
    const queue = new RunQueue(1);
    wait(queue, 'a', 1);
    queue.close();
    expect(queue.next()).toBeNull();
    expect(queue.enter('b')).toBe(false);
  });
});
