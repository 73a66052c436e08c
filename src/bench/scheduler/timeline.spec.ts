import { timelineSvg, type Timeline } from './timeline';

const RUN_BY_RUN = {
  label: 'Run by run: 40 s',
  stays: [
    { model: 'a:1b', fromSeconds: 0, loadedSeconds: 10, toSeconds: 20 },
    { model: 'b:1b', fromSeconds: 20, loadedSeconds: 30, toSeconds: 40 },
  ],
};

function aTimeline(changes: Partial<Timeline> = {}): Timeline {
  return { title: 'Which model', note: 'was loaded when', rows: [RUN_BY_RUN], ...changes };
}

/** Left edge and width of each box of a class, in the order of the picture. */
function boxesOf(svg: string, name: string): [left: number, width: number][] {
  return [...svg.matchAll(new RegExp(`<path class="${name}" d="([^"]*)"`, 'g'))].flatMap(([, path = '']) =>
    [...path.matchAll(/M([\d.]+) [\d.]+h([\d.]+)/g)].map(([, left, width]): [number, number] => [
      Number(left),
      Number(width),
    ]),
  );
}

describe(timelineSvg, () => {
  it('draws loading and stays in proportion to their times, and the beginning enlarged', () => {
    const svg = timelineSvg(aTimeline());
    expect(boxesOf(svg, 'load')).toEqual([
      [24, 228],
      [480, 228],
      [24, 608],
    ]);
    expect(boxesOf(svg, 'm0')).toEqual([
      [252, 228],
      [632, 304],
    ]);
    expect(boxesOf(svg, 'm1')).toEqual([[708, 228]]);
  });

  it('gives a model the same colour in every row, and names it once', () => {
    const later = { label: 'Side by side', stays: RUN_BY_RUN.stays.slice(1) };
    const svg = timelineSvg(aTimeline({ rows: [RUN_BY_RUN, later] }));
    expect(boxesOf(svg, 'm1')).toEqual([
      [708, 228],
      [708, 228],
    ]);
    expect(svg.match(/>b:1b</g)).toHaveLength(1);
    expect(svg).toContain('>loading<');
  });

  it('has an axis in seconds, colours for a dark page, and texts that cannot break it', () => {
    const svg = timelineSvg(aTimeline({ title: 'a < b & c' }));
    expect(svg).toContain('<title>a &lt; b &amp; c</title>');
    expect(svg).toContain('>40 s</text>');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
