import { type PullLine } from '../../ollama/pull-line';
import { type PullProgress } from '../pull-progress';
import { ProgressMeter } from './progress-meter';

describe('ProgressMeter', () => {
  let time: number;
  const now = () => time;

  beforeEach(() => {
    time = 0;
  });

  const meterOf = (shown: PullProgress | null = null) => new ProgressMeter(shown, now);
  const layer = (digest: string, completed: number, total = 100): PullLine => ({
    status: `pulling ${digest}`,
    layer: { digest, total, completed },
  });
  const phase = (status: string): PullLine => ({ status, layer: null });

  it('says nothing of bytes before the first layer', () => {
    const meter = meterOf();
    meter.take(phase('pulling manifest'));
    expect(meter.current()).toEqual({ status: 'pulling manifest' });
  });

  it('sums over the layers seen so far', () => {
    const meter = meterOf();
    meter.take(layer('a', 100, 300));
    meter.take(layer('a', 300, 300));
    meter.take(layer('b', 0, 100));
    expect(meter.current()).toMatchObject({
      status: 'pulling b',
      digest: 'b',
      total: 400,
      completed: 300,
    });
  });

  it('never goes backwards: neither when a layer is rolled back nor when a further one appears', () => {
    const meter = meterOf();
    const shown: PullProgress[] = [];
    const lines = [
      layer('a', 10),
      layer('a', 60),
      layer('a', 20),
      layer('a', 0),
      layer('a', 99),
      layer('b', 0, 1000),
      layer('b', 900, 1000),
      layer('b', 5, 1000),
      phase('verifying sha256 digest'),
    ];
    for (const line of lines) {
      meter.take(line);
      shown.push(meter.current());
    }
    for (const field of ['total', 'completed', 'percent'] as const) {
      const values = shown.map((progress) => progress[field] ?? -1);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
    expect(shown.at(-1)).toMatchObject({ total: 1100, completed: 1100, percent: 100 });
  });

  it('keeps the sums in the closing phases, without speed', () => {
    const meter = meterOf();
    meter.take(layer('a', 0));
    time += 1000;
    meter.take(layer('a', 98));
    expect(meter.current()).toHaveProperty('speed');
    meter.take(phase('verifying sha256 digest'));
    expect(meter.current()).toEqual({
      status: 'verifying sha256 digest',
      total: 100,
      completed: 100,
      percent: 100,
    });
    meter.take(phase('success'));
    expect(meter.current()).toEqual({ status: 'success', total: 100, completed: 100, percent: 100 });
  });

  it('tells speed and remaining time; what was there before did not come just now', () => {
    const meter = meterOf();
    meter.take(layer('a', 5_000, 10_000));
    expect(meter.current().speed).toBeUndefined();
    for (let second = 1; second <= 2; second += 1) {
      time += 1000;
      meter.take(layer('a', 5_000 + second * 1_000, 10_000));
    }
    expect(meter.current()).toMatchObject({ speed: 1_000, eta_seconds: 3 });
  });

  it('slows down while nothing comes', () => {
    const meter = meterOf();
    meter.take(layer('a', 0, 10_000));
    time += 1000;
    meter.take(layer('a', 1_000, 10_000));
    for (let tick = 0; tick < 60; tick += 1) {
      time += 1000;
      meter.take(layer('a', 1_000, 10_000));
    }
    expect(meter.current().speed).toBe(0);
    expect(meter.current().eta_seconds).toBeUndefined();
  });

  it('goes on from what was shown before a restart', () => {
    const meter = meterOf({ status: 'pulling b', total: 400, completed: 350, percent: 87.5 });
    meter.take(phase('pulling manifest'));
    expect(meter.current()).toMatchObject({ total: 400, completed: 350, percent: 87.5 });
    meter.take(layer('a', 300, 300));
    meter.take(layer('b', 10, 100));
    expect(meter.current()).toMatchObject({ total: 400, completed: 350 });
    meter.take(layer('b', 70, 100));
    expect(meter.current()).toMatchObject({ total: 400, completed: 370, percent: 92.5 });
  });

  it('is complete with the line of success, also when no layer gave a line', () => {
    const meter = meterOf();
    meter.take(phase('pulling manifest'));
    meter.take(phase('success'));
    expect(meter.current()).toEqual({ status: 'success', percent: 100 });
  });

  it('is never further than full', () => {
    const meter = meterOf();
    meter.take(layer('a', 0));
    meter.take(layer('a', 150));
    expect(meter.current()).toMatchObject({ total: 100, completed: 100, percent: 100 });
  });

  describe('sees whether a pull is alive', () => {
    it.each([
      ['a new layer', layer('b', 0), true],
      ['more bytes', layer('a', 51), true],
      ['the same line again', layer('a', 50), false],
      ['bytes rolled back', layer('a', 10), false],
      ['a new phase', phase('verifying sha256 digest'), true],
      ['an unknown phase', phase('optimizing weights'), true],
    ])('by %s', (_what, line, moved) => {
      const meter = meterOf();
      meter.take(layer('a', 50));
      expect(meter.take(line).moved).toBe(moved);
    });

    it('also when bytes come again that were there before', () => {
      const meter = meterOf();
      meter.take(layer('a', 90));
      meter.take(layer('a', 10));
      expect(meter.take(layer('a', 11)).moved).toBe(true);
    });

    it('and not by the same phase again', () => {
      const meter = meterOf();
      expect(meter.take(phase('pulling manifest'))).toEqual({ moved: true, isClosing: false });
      expect(meter.take(phase('pulling manifest'))).toEqual({ moved: false, isClosing: false });
      expect(meter.take(phase('writing manifest'))).toEqual({ moved: true, isClosing: true });
    });
  });
});
