import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measurement, type MeasurementOrder } from './measurement';
import { type OldDataSize, writeOldData } from './old-data';
import { memoryMb } from './process-facts';
import { quotients } from './statistics';
import { type Workshop } from './workshop';

const WHOLE: OldDataSize = { experiments: 2_000, runsOfEach: 5, messagesOfEach: 20, characters: 600 };
const SMALL: OldDataSize = { ...WHOLE, experiments: 50 };
const LIMIT_SECONDS = 180;
const LIMIT_MB = 300;
const LOOK_EVERY_MS = 50;

/** Moving the data of the first backend in, against reading and parsing the same files alone. */
export async function measureImport({ workshop, tell, ...order }: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 3);
  const size = order.quick ? SMALL : WHOLE;
  const source = workshop.newFolder('old-');
  tell('writing the old data');
  writeOldData(source, size);
  const seconds: number[] = [];
  const parseSeconds: number[] = [];
  const memory: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds}`);
    parseSeconds.push(secondsToParse(source));
    const found = await runImport(workshop, source);
    seconds.push(found.seconds);
    memory.push(found.megabytes);
  }
  return {
    id: 'h',
    title: `Moving in ${size.experiments} experiments with ${size.experiments * size.runsOfEach} runs of ${size.messagesOfEach} messages`,
    figures: [
      { name: 'import', unit: 's', values: seconds },
      { name: 'reading and parsing the files alone', unit: 's', values: parseSeconds },
      { name: 'most memory (RSS)', unit: 'MB', values: memory },
    ],
    ratios: [
      { name: 'time, import / reading and parsing', values: quotients(seconds, parseSeconds) },
      {
        name: `time / ${LIMIT_SECONDS} s`,
        values: seconds.map((value) => value / LIMIT_SECONDS),
        bar: { kind: 'at most', value: 1 },
      },
      {
        name: `memory / ${LIMIT_MB} MB`,
        values: memory.map((value) => value / LIMIT_MB),
        bar: { kind: 'at most', value: 1 },
      },
    ],
    notes: ['The import stores everything durably, into an empty database.'],
  };
}

function secondsToParse(source: string): number {
  const startedAt = performance.now();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    }
  }
  return (performance.now() - startedAt) / 1_000;
}

async function runImport(
  workshop: Workshop,
  source: string,
): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(__dirname, '../importer/main.js'), source], {
    env: { DATA_DIRECTORY: workshop.newFolder('data-') },
    cwd: workshop.newFolder('cwd-'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let megabytes = 0;
  const look = setInterval(() => {
    megabytes = Math.max(megabytes, highWater(child.pid));
  }, LOOK_EVERY_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(look);
  if (code !== 0) {
    throw new Error(`The import ended with code ${code}.`);
  }
  return { seconds: (performance.now() - startedAt) / 1_000, megabytes };
}

/** 0 when the process has just ended. */
function highWater(pid: number | undefined): number {
  try {
    return pid === undefined ? 0 : memoryMb(pid, 'VmHWM');
  } catch {
    return 0;
  }
}
