import { webhookBackoffMs } from './webhook-backoff';

describe('webhookBackoffMs', () => {
  it('doubles from the setting up to an hour', () => {
    const waits = [1, 2, 3, 4, 10, 11, 100].map((failed) => webhookBackoffMs(failed, 5, 0.5));
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 2_560_000, 3_600_000, 3_600_000]);
  });

  it('differs by a quarter to either side, and never exceeds the hour', () => {
    expect([0, 0.25, 1].map((random) => webhookBackoffMs(1, 4, random))).toEqual([3_000, 3_500, 5_000]);
    expect(webhookBackoffMs(1, 3_600, 1)).toBe(3_600_000);
  });
});
