import { LoadCounts } from './load-counts';

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
