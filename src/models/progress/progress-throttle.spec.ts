import { ProgressThrottle } from './progress-throttle';

describe('ProgressThrottle', () => {
  let time: number;
  let throttle: ProgressThrottle;

  beforeEach(() => {
    time = 1_000;
    throttle = new ProgressThrottle(500, 2, () => time);
  });

  it('tells the first at once', () => {
    expect(throttle.waitMs(0)).toBe(0);
  });

  it('then waits until enough time has passed', () => {
    throttle.told(10);
    expect(throttle.waitMs(10)).toBe(500);
    time += 300;
    expect(throttle.waitMs(11.9)).toBe(200);
    time += 200;
    expect(throttle.waitMs(10)).toBe(0);
  });

  it('or the percentage has moved far enough', () => {
    throttle.told(10);
    expect(throttle.waitMs(12)).toBe(0);
    throttle.told(12);
    expect(throttle.waitMs(13.9)).toBe(500);
  });
});
