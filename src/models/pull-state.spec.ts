import { isActive, NEXT_STATUSES, statusesBefore } from './pull-state';
import { PULL_STATUSES, type PullStatus } from './pull-task.entity';

describe('the statuses of a pull', () => {
  it('can all be reached from pending', () => {
    const reached = new Set<PullStatus>(['pending']);
    for (const status of reached) {
      NEXT_STATUSES[status].forEach((next) => reached.add(next));
    }
    expect([...reached].toSorted()).toEqual([...PULL_STATUSES].toSorted());
  });

  it('are final once the pull has ended', () => {
    expect(PULL_STATUSES.filter(isActive)).toEqual(['pending', 'running']);
  });

  it('know where they come from', () => {
    expect(statusesBefore('running')).toEqual(['pending']);
    expect(statusesBefore('completed')).toEqual(['running']);
    expect(statusesBefore('cancelled')).toEqual(['pending', 'running']);
  });
});
