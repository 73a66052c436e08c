import { array, assert, nat, property } from 'fast-check';
import { type NextRun, OpenRuns } from './open-runs';

describe('OpenRuns', () => {
  it('gives new runs in the order of their numbers, and no more than there are', () => {
    const runs = new OpenRuns([], 0, 2);
    expect(runs.take()).toEqual({ iteration: 1, isNew: true });
    expect(runs.take()).toEqual({ iteration: 2, isNew: true });
    expect(runs.take()).toBeNull();
    expect(runs.atWorkCount).toBe(2);
  });

  it('gives open runs first, the lowest number first, and goes on after the last that was begun', () => {
    const runs = new OpenRuns([5, 2], 6, 7);
    expect(runs.take()).toEqual({ iteration: 2, isNew: false });
    expect(runs.take()).toEqual({ iteration: 5, isNew: false });
    expect(runs.take()).toEqual({ iteration: 7, isNew: true });
  });

  it('gives a run that was put back again before a new one', () => {
    const runs = new OpenRuns([], 0, 3);
    runs.take();
    runs.take();
    runs.putBack(1);
    expect(runs.atWorkCount).toBe(1);
    expect(runs.take()).toEqual({ iteration: 1, isNew: false });
    expect(runs.take()).toEqual({ iteration: 3, isNew: true });
  });

  it('are over when all have ended, in whatever order and with whatever is put back', () => {
    assert(
      property(nat(12), array(nat(), { maxLength: 200 }), (total, draws) => {
        const runs = new OpenRuns([], 0, total);
        const atWork = new Set<number>();
        const ended = new Set<number>();
        const taken: (NextRun | null)[] = [];
        let isAsExpected = true;
        for (const draw of draws) {
          const chosen = [...atWork][draw % Math.max(1, atWork.size)] ?? 0;
          if (draw % 3 === 0) {
            const hasMore = atWork.size + ended.size < total;
            const next = runs.take();
            const isFree = next !== null && !atWork.has(next.iteration) && !ended.has(next.iteration);
            isAsExpected &&= isFree === hasMore;
            taken.push(next);
            if (next) {
              atWork.add(next.iteration);
            }
          } else if (atWork.delete(chosen)) {
            if (draw % 3 === 1) {
              runs.putBack(chosen);
            } else {
              runs.end(chosen);
              ended.add(chosen);
            }
          }
          expect(runs.atWorkCount).toBe(atWork.size);
          expect(runs.areOver).toBe(ended.size === total);
        }
        expect(isAsExpected).toBe(true);
        const begun = taken.flatMap((run) => (run?.isNew ? [run.iteration] : []));
        expect(begun).toEqual(begun.map((_, index) => index + 1));
      }),
    );
  });
});
