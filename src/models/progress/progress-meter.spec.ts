import { type PullLine } from '../../ollama/pull-line';
import { type PullProgress } from '../pull-progress';
import { ProgressMeter } from './progress-meter';

describe('ProgressMeter', () => {
  let time: number;
  const now = () => time;

  beforeEach(() => {
    time = 0;
  });

  const meterOf = (shown: PullProgress | null = null, servers = 1) => new ProgressMeter(shown, servers, now);
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

  describe('with several servers', () => {
    /** A whole pull to one server: two layers, then the closing phases. */
    const course = [
      phase('pulling manifest'),
      layer('a', 100, 300),
      layer('a', 300, 300),
      layer('b', 50, 100),
      phase('verifying sha256 digest'),
      phase('writing manifest'),
      phase('success'),
    ];
    const shownBy = (meter: ProgressMeter, lines: PullLine[]) =>
      lines.map((line) => {
        meter.take(line);
        return meter.current();
      });
    const expectNeverBackwards = (shown: PullProgress[]) => {
      for (const field of ['total', 'completed', 'percent'] as const) {
        const values = shown.map((progress) => progress[field] ?? -1);
        expect(values).toEqual(values.toSorted((a, b) => a - b));
      }
    };

    it('counts the layers once for each, and tells of success at the end only', () => {
      const meter = meterOf(null, 3);
      const shown = [0, 1, 2].flatMap(() => {
        const ofServer = shownBy(meter, course);
        meter.leaveServer(true);
        return ofServer;
      });
      expectNeverBackwards(shown);
      expect([6, 13, 20].map((index) => shown[index])).toEqual([
        { status: 'writing manifest', total: 1200, completed: 400, percent: 33.33 },
        { status: 'writing manifest', total: 1200, completed: 800, percent: 66.66 },
        { status: 'success', total: 1200, completed: 1200, percent: 100 },
      ]);
    });

    it('does not reach the end when one failed', () => {
      const meter = meterOf(null, 2);
      const shown = shownBy(meter, course.slice(0, 2));
      meter.leaveServer(false);
      shown.push(...shownBy(meter, course));
      expectNeverBackwards(shown);
      expect(shown.at(-1)).toMatchObject({ status: 'writing manifest', total: 800, completed: 500 });
      expect(shown.at(-1)?.percent).toBeLessThan(70);
    });

    it('goes on from what was shown before a restart, although it begins with the first one again', () => {
      const meter = meterOf({ status: 'pulling a', total: 800, completed: 500, percent: 62.5 }, 2);
      const shown = shownBy(meter, course);
      meter.leaveServer(true);
      shown.push(...shownBy(meter, course));
      expectNeverBackwards(shown);
      expect(shown[0]).toMatchObject({ completed: 500 });
      expect(shown.at(-1)).toMatchObject({ status: 'success', percent: 100 });
    });

    it('counts a server that told of no layer as a whole one, be it the first or the last', () => {
      const silent = [phase('pulling manifest'), phase('success')];
      const last = meterOf(null, 2);
      shownBy(last, course);
      last.leaveServer(true);
      expect(shownBy(last, silent).at(-1)).toMatchObject({ status: 'success', total: 800, completed: 800 });
      const first = meterOf(null, 2);
      shownBy(first, silent);
      first.leaveServer(true);
      const shown = shownBy(first, course);
      expectNeverBackwards(shown);
      expect(shown.at(2)).toMatchObject({ total: 600, completed: 600 });
      expect(shown.at(3)).toMatchObject({ total: 800, completed: 750 });
    });
  });
});
