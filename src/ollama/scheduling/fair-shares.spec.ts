import { FairShares } from './fair-shares';

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
