import { Progress } from './progress';

function watch(isTTY: boolean, stepMs: number): string[] {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({ isTTY, write: (text) => written.push(text) }, () => now);
  const tick = (work: () => void) => {
    now += stepMs;
    work();
  };
  tick(() => progress.looked(1_234));
  progress.begin(2_000);
  tick(() => progress.advance(500));
  tick(() => progress.advance(1_500));
  progress.end();
  return written;
}

describe(Progress, () => {
  it('redraws a bar on a terminal and takes it away', () => {
    const clear = '\r\u001b[2K';
    expect(watch(true, 100)).toEqual([
      `${clear}Looking through the source: 1,234 files`,
      `${clear}[######..................] 25 % · 500 of 2,000 files`,
      `${clear}[########################] 100 % · 2,000 of 2,000 files`,
      clear,
    ]);
  });

  it('writes plain lines, and few, anywhere else', () => {
    expect(watch(false, 5_000)).toEqual([
      'Looking through the source: 1,234 files\n',
      'Importing: 25 % · 500 of 2,000 files\n',
      'Importing: 100 % · 2,000 of 2,000 files\n',
    ]);
    expect(watch(false, 100)).toEqual([]);
  });
});
