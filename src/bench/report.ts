import { cpus, loadavg, totalmem } from 'node:os';
import { type Figure, type Measurement, type Ratio } from './measurement';
import { median } from './statistics';

/** What must be known of the machine to compare two runs. */
export function machineFacts() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memory_gb: Math.round(totalmem() / 1e9),
    load_average: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export type MachineFacts = ReturnType<typeof machineFacts>;

/** Whether the median of the rounds keeps the bar; null when there is none. */
export function keepsBar({ values, bar }: Ratio): boolean | null {
  if (!bar) {
    return null;
  }
  return bar.kind === 'at most' ? median(values) <= bar.value : median(values) >= bar.value;
}

/** The measurement without what is asked for: one short round says nothing about a bar. */
export function withoutBars(measurement: Measurement): Measurement {
  const ratios = measurement.ratios.map(({ name, values }) => ({ name, values }));
  return { ...measurement, ratios };
}

/** The measurement as lines for people: name, median, and the rounds in brackets. */
export function asTable({ id, title, figures, ratios, notes }: Measurement): string {
  const rows = [...figures.map(figureRow), ...ratios.map(ratioRow)];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    ([name, value, rest]) => `  ${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${rest}`,
  );
  return [`(${id}) ${title}`, ...lines, ...notes.map((note) => `  ${note}`), ''].join('\n');
}

type TableRow = readonly [name: string, value: string, rest: string];

function figureRow({ name, unit, values }: Figure): TableRow {
  return [name, shown(median(values)), `${unit}  ${rounds(values)}`];
}

function ratioRow(ratio: Ratio): TableRow {
  const { name, values, bar } = ratio;
  const verdict = bar ? `  ${bar.kind} ${bar.value}: ${keepsBar(ratio) ? 'kept' : 'MISSED'}` : '';
  return [name, `${median(values).toFixed(2)} ×`, `${rounds(values, 2)}${verdict}`];
}

function rounds(values: readonly number[], digits?: number): string {
  return `[${values.map((value) => (digits === undefined ? shown(value) : value.toFixed(digits))).join(' ')}]`;
}

/** Three digits, or all before the point. */
function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The same for programs. */
export function asJson(machine: MachineFacts, measurements: readonly Measurement[]): string {
  const results = measurements.map((measurement) => ({
    ...measurement,
    figures: measurement.figures.map((figure) => ({ ...figure, median: median(figure.values) })),
    ratios: measurement.ratios.map((ratio) => ({
      ...ratio,
      median: median(ratio.values),
      kept: keepsBar(ratio),
    })),
  }));
  return `${JSON.stringify({ machine, results }, null, 2)}\n`;
}
