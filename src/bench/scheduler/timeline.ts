/** A model's stay in memory, in seconds since the study began. */
export interface Stay {
  readonly model: string;
  /** When its loading began. */
  readonly fromSeconds: number;
  readonly loadedSeconds: number;
  readonly toSeconds: number;
}

/** One way of doing the study. */
export interface TimelineRow {
  readonly label: string;
  readonly stays: readonly Stay[];
}

export interface Timeline {
  readonly title: string;
  /** What has to be known to read it. */
  readonly note: string;
  readonly rows: readonly TimelineRow[];
}

const WIDTH = 960;
const MARGIN = 24;
const PLOT_WIDTH = WIDTH - 2 * MARGIN;
const BAR_HEIGHT = 34;
const ROW_HEIGHT = 66;
const HEAD_HEIGHT = 108;
const AXIS_HEIGHT = 74;
/** Length of the stretch that is shown enlarged. */
const CLOSE_UP_SECONDS = 15;

/** Colours of the models, and the rest, on light and on dark ground. */
const STYLE = `
  svg { --ground: #ffffff; --text: #1f2937; --faint: #6b7280; --line: #d1d5db; --load: #b6bcc6; --m0: #2563eb; --m1: #d97706; --m2: #059669 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0f172a; --text: #e5e7eb; --faint: #9ca3af; --line: #374151; --load: #64748b; --m0: #60a5fa; --m1: #fbbf24; --m2: #34d399 }
  }
  text { font: 14px system-ui, sans-serif; fill: var(--text) }
  .title { font-size: 18px; font-weight: 600 } .heading { font-weight: 600 } .faint { fill: var(--faint) }
  .ground { fill: var(--ground) } .empty { fill: none; stroke: var(--line) } .axis { stroke: var(--line) }
  .load { fill: var(--load) } .m0 { fill: var(--m0) } .m1 { fill: var(--m1) } .m2 { fill: var(--m2) }`;

/** Draws which model was in memory when: all of each row, and its beginning enlarged. */
export function timelineSvg({ title, note, rows }: Timeline): string {
  const models = [...new Set(rows.flatMap(({ stays }) => stays.map(({ model }) => model)))].toSorted();
  const longest = Math.max(...rows.flatMap(({ stays }) => stays.map(({ toSeconds }) => toSeconds)));
  const panelHeight = 30 + rows.length * ROW_HEIGHT + AXIS_HEIGHT;
  const height = HEAD_HEIGHT + 2 * panelHeight;
  const panels = [
    panel({ heading: 'From beginning to end', seconds: longest, rows, models, top: HEAD_HEIGHT }),
    panel({
      heading: `The first ${CLOSE_UP_SECONDS} seconds`,
      seconds: CLOSE_UP_SECONDS,
      rows,
      models,
      top: HEAD_HEIGHT + panelHeight,
    }),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(MARGIN, 34, title, 'title'),
    text(MARGIN, 58, note, 'faint'),
    legend(models),
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

interface Panel {
  readonly heading: string;
  /** What the width of the plot stands for. */
  readonly seconds: number;
  readonly rows: readonly TimelineRow[];
  readonly models: readonly string[];
  readonly top: number;
}

function panel({ heading, seconds, rows, models, top }: Panel): string {
  const bars = rows.map(({ label, stays }, index) => {
    const y = top + 30 + index * ROW_HEIGHT;
    return [text(MARGIN, y + 12, label), ...bar(stays, { seconds, models, y: y + 20 })].join('\n');
  });
  return [
    text(MARGIN, top + 12, heading, 'heading'),
    ...bars,
    axis(seconds, top + 30 + rows.length * ROW_HEIGHT),
  ].join('\n');
}

/** A path for loading and one for each model: hundreds of stays would be thousands of elements. */
function bar(
  stays: readonly Stay[],
  { seconds, models, y }: { seconds: number; models: readonly string[]; y: number },
): string[] {
  const box = (from: number, to: number) => {
    const [left, right] = [from, to].map((at) => MARGIN + (clamp(at, 0, seconds) / seconds) * PLOT_WIDTH);
    return left === undefined || right === undefined || right <= left
      ? ''
      : `M${short(left)} ${y}h${short(right - left)}v${BAR_HEIGHT}h${short(left - right)}z`;
  };
  const path = (name: string, boxes: readonly string[]) => `<path class="${name}" d="${boxes.join('')}"/>`;
  return [
    `<rect class="empty" x="${MARGIN}" y="${y}" width="${PLOT_WIDTH}" height="${BAR_HEIGHT}"/>`,
    path(
      'load',
      stays.map(({ fromSeconds, loadedSeconds }) => box(fromSeconds, loadedSeconds)),
    ),
    ...models.map((model, index) =>
      path(
        `m${index}`,
        stays
          .filter((stay) => stay.model === model)
          .map(({ loadedSeconds, toSeconds }) => box(loadedSeconds, toSeconds)),
      ),
    ),
  ];
}

function axis(seconds: number, y: number): string {
  const step = tickSeconds(seconds);
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return [
    `<path class="axis" d="M${MARGIN} ${y}h${PLOT_WIDTH}${ticks.map((at) => `M${tickX(at, seconds)} ${y}v5`).join('')}"/>`,
    ...ticks.map((at) => text(tickX(at, seconds), y + 20, at === 0 ? '0' : `${at} s`, 'faint', 'middle')),
  ].join('\n');
}

function tickX(at: number, seconds: number): number {
  return short(MARGIN + (at / seconds) * PLOT_WIDTH);
}

/** A round number of seconds that makes about ten ticks. */
function tickSeconds(seconds: number): number {
  return [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => seconds / step <= 12) ?? 1_000;
}

function legend(models: readonly string[]): string {
  const entries = [...models.map((model, index) => [`m${index}`, model]), ['load', 'loading']];
  return entries
    .map(([name = '', label = ''], index) => {
      const x = MARGIN + index * 170;
      return `<rect class="${name}" x="${x}" y="74" width="14" height="14" rx="2"/>${text(x + 22, 86, label)}`;
    })
    .join('\n');
}

function text(x: number, y: number, content: string, name = '', anchor = 'start'): string {
  const attributes = `${name === '' ? '' : ` class="${name}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** A tenth of a pixel is enough. */
function short(value: number): number {
  return Math.round(value * 10) / 10;
}
