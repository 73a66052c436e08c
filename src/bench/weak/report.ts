import { type MachineFacts } from '../report';
import { missedBars, shown } from './bars';
import { type Figures } from './figures';
import { type WeakBenchOptions } from './options';

const COLUMNS: readonly (readonly [title: string, value: (figures: Figures) => string])[] = [
  ['Pattern', ({ pattern }) => pattern],
  ['Strength', ({ strength }) => strength],
  ['Ended by rule', ({ endedByRule }) => shown(endedByRule)],
  ['Turns', ({ turns }) => String(turns)],
  ['Choices', ({ speakers }) => (speakers.of === 0 ? '–' : String(speakers.of))],
  ['Without fallback', ({ speakers }) => shown(speakers)],
  ['Attempts', ({ attempts }) => attempts?.toFixed(2) ?? '–'],
  ['Ballots read', ({ ballots }) => shown(ballots)],
  ['Valid at once', ({ validAtOnce }) => shown(validAtOnce)],
  ['Valid', ({ valid }) => shown(valid)],
  ['Echoed', ({ echoed }) => String(echoed)],
  ['For others', ({ forOthers }) => String(forOthers)],
  ['Think', ({ think }) => String(think)],
];

/** The figures as a table in Markdown. */
export function asTable(all: readonly Figures[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...all.map((figures) => COLUMNS.map(([, value]) => value(figures))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** The same for programs. */
export function asJson(
  machine: MachineFacts,
  { conversations, seed }: WeakBenchOptions,
  all: readonly Figures[],
): string {
  const results = all.map((figures) => ({ ...figures, missed: missedBars(figures) }));
  return `${JSON.stringify({ machine, conversations, seed, results }, null, 2)}\n`;
}
