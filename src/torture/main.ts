import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WrongFlag } from '../bench/flags';
import { HELP, readOptions, type ScenarioName, type TortureOptions } from './options';
import { Random } from './random';
import { asJson, asLines } from './report';
import { Rig } from './rig';
import { Findings, type ScenarioResult } from './scenario';
import { SCENARIOS } from './scenarios';

/** Every step has a limit of its own; this one is for what was not thought of. */
const TIME_LIMIT_MS = { full: 3 * 60 * 60_000, short: 5 * 60_000 };
/** Scenarios at once: they mostly wait. */
const AT_ONCE = { full: 1, short: 3 };

const rigs = new Set<Rig>();

async function run(
  name: ScenarioName,
  { seed, rounds, short, report }: TortureOptions,
): Promise<ScenarioResult> {
  const rig = new Rig();
  rigs.add(rig);
  const findings = new Findings();
  const startedAt = performance.now();
  const order = {
    rig,
    random: new Random(seed),
    seed,
    rounds,
    short,
    findings,
    tell: (text: string) => process.stderr.write(`${name}: ${text}\n`),
  };
  const done = await SCENARIOS[name](order).catch((error: unknown) => {
    findings.fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return { rounds: 0, figures: {} };
  });
  await rig.stopAll();
  if (findings.failures.length > 0) {
    rig.logs.forEach((log, index) => {
      const file = join(dirname(report), `torture-${name}-${index + 1}.log`);
      writeFileSync(file, log);
      findings.fail(`log of server ${index + 1}: ${file}`);
    });
  }
  rig.close();
  rigs.delete(rig);
  const { failures } = findings;
  return {
    name,
    ok: failures.length === 0,
    seed,
    rounds: done.rounds,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    figures: done.figures,
    failures,
  };
}

/** @returns whether all promises are kept */
async function torture(options: TortureOptions): Promise<boolean> {
  mkdirSync(dirname(options.report), { recursive: true });
  console.log(`seed ${options.seed}`);
  const waiting = [...options.only];
  const results: ScenarioResult[] = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const result = await run(name, options);
      results.push(result);
      console.log(asLines(result));
      writeFileSync(options.report, asJson(results));
    }
  };
  await Promise.all(Array.from({ length: options.short ? AT_ONCE.short : AT_ONCE.full }, worker));
  console.log(`Report: ${options.report}`);
  return results.every(({ ok }) => ok);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(HELP);
    return;
  }
  process.on('exit', () => rigs.forEach((rig) => rig.close()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(130));
  }
  const limitMs = options.short ? TIME_LIMIT_MS.short : TIME_LIMIT_MS.full;
  const limit = setTimeout(() => {
    console.error(`It has not ended within ${limitMs / 60_000} minutes.`);
    process.exit(1);
  }, limitMs);
  process.exitCode = (await torture(options)) ? 0 : 1;
  clearTimeout(limit);
}

main().catch((error: unknown) => {
  console.error(error instanceof WrongFlag ? error.message : error);
  process.exit(1);
});
