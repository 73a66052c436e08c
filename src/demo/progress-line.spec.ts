import { clock, ProgressLine } from './progress-line';

describe('ProgressLine', () => {
  it('tells run, turn, speed and time', () => {
    const progress = new ProgressLine(2, 6, 1_000);
    progress.startTurn(1, 3);
    progress.addText('not counted', 2_000);
    progress.addText('x'.repeat(60), 2_500);
    progress.addText('x'.repeat(60), 3_000);

    expect(progress.text(13_400)).toBe('run 1/2 · turn 3/6 · ~30 tokens/s · 0:12');
  });

  it('tells no speed before there is enough text to measure', () => {
    const progress = new ProgressLine(1, 6, 0);
    progress.startTurn(1, 1);
    progress.addText('Hello', 100);
    progress.addText('x'.repeat(100), 140);

    expect(progress.text(200)).toBe('run 1/1 · turn 1/6 · – tokens/s · 0:00');
  });

  it('keeps the speed of the last turn until the next one can be measured', () => {
    const progress = new ProgressLine(1, 6, 0);
    progress.startTurn(1, 1);
    progress.addText('a', 0);
    progress.addText('x'.repeat(80), 1_000);
    progress.startTurn(1, 2);
    expect(progress.text(60_000)).toBe('run 1/1 · turn 2/6 · ~20 tokens/s · 1:00');

    progress.addText('a', 61_000);
    progress.addText('x'.repeat(40), 62_000);
    expect(progress.text(62_000)).toContain('~10 tokens/s');
  });
});

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [59_999, '0:59'],
    [600_000, '10:00'],
    [-5, '0:00'],
  ])('%i ms are %s', (ms, text) => {
    expect(clock(ms)).toBe(text);
  });
});
