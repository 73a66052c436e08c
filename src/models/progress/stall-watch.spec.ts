import { StallWatch } from './stall-watch';

describe('StallWatch', () => {
  let time: number;
  let watch: StallWatch;

  beforeEach(() => {
    time = 0;
    watch = new StallWatch({ staleMs: 300, verifyMs: 3_600 }, () => time);
  });

  it('lets time run out although lines come, when no byte moves', () => {
    for (; time < 299; time += 1) {
      watch.note({ moved: false, isClosing: false });
    }
    expect(watch.leftMs()).toBe(1);
    time += 1;
    expect(watch.leftMs()).toBe(0);
  });

  it('begins anew with every byte', () => {
    time = 299;
    expect(watch.note({ moved: true, isClosing: false })).toBe(false);
    expect(watch.leftMs()).toBe(300);
  });

  it('gives verifying more time, in silence', () => {
    time = 100;
    expect(watch.note({ moved: true, isClosing: true })).toBe(true);
    time = 3_699;
    expect(watch.leftMs()).toBe(1);
  });

  it('takes that time back when bytes come again', () => {
    watch.note({ moved: true, isClosing: true });
    time = 1_000;
    expect(watch.note({ moved: false, isClosing: false })).toBe(true);
    expect(watch.leftMs()).toBe(300);
  });
});
