import { cpus } from 'node:os';
import { type ScenarioResult } from './scenario';

/** One line for people, and what was broken below it. */
export function asLines(result: ScenarioResult): string {
  const { name, ok, seed, rounds, seconds, figures, failures } = result;
  const parts = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  const line = `${ok ? 'kept  ' : 'BROKEN'} ${name} (seed ${seed}, rounds ${rounds}, ${seconds} s): ${parts.join(', ')}`;
  return [line, ...failures.map((failure) => `       - ${failure}`)].join('\n');
}

/** The same for programs. */
export function asJson(results: readonly ScenarioResult[]): string {
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
  };
  return `${JSON.stringify({ ok: results.every(({ ok }) => ok), machine, results }, null, 2)}\n`;
}
