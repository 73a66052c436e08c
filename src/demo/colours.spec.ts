import { colourDepth, createPaint } from './colours';

describe('colourDepth', () => {
  const terminal = { isTTY: true, getColorDepth: () => 24 };

  it('is that of the terminal', () => {
    expect(colourDepth(terminal, {})).toBe(24);
  });

  it('is none without a terminal, unless colours are asked for', () => {
    expect(colourDepth({}, {})).toBe(1);
    expect(colourDepth({}, { FORCE_COLOR: '1' })).toBe(4);
    expect(colourDepth({}, { FORCE_COLOR: '3' })).toBe(24);
    expect(colourDepth({}, { FORCE_COLOR: '0' })).toBe(1);
  });

  it('is none where NO_COLOR says so', () => {
    expect(colourDepth(terminal, { NO_COLOR: '1' })).toBe(1);
    expect(colourDepth({}, { NO_COLOR: '1', FORCE_COLOR: '3' })).toBe(1);
    expect(colourDepth(terminal, { NO_COLOR: '' })).toBe(24);
  });
});

describe('createPaint', () => {
  it.each([
    [24, '\u001b[38;2;217;119;6mhi\u001b[0m'],
    [8, '\u001b[38;5;172mhi\u001b[0m'],
    [4, '\u001b[33mhi\u001b[0m'],
    [1, 'hi'],
  ])('shows a colour with %i bits', (depth, painted) => {
    expect(createPaint(depth).coloured('#D97706', 'hi')).toBe(painted);
  });

  it('puts nothing around nothing', () => {
    expect(createPaint(24).bold('')).toBe('');
  });
});
