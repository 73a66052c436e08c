import { parseArgs } from 'node:util';
import { InvalidInput } from './input';
import { SettingsPatch, changeSettings, defaultSettings } from './settings';

export const HELP = `Simulates an Ollama server for demos, tests and benchmarks.

Usage: node dist/simulator/main.js [flags]

  --port <number>               port to listen on, 0 for a free one   (11434)
  --host <address>              address to listen on                  (127.0.0.1)
  --models <a:1b,b:3b>          installed models
  --tokens-per-second <number>  speed of answers, 0 = unlimited       (40)
  --load-ms <number>            time to load a model                  (800)
  --slots <number>              answers at a time per model           (1)
  --library <a:1b,b:3b>         what can be pulled                    (nearly any name)
  --pull-bytes-per-second <n>   speed of pulls, 0 = unlimited         (250000000)
  --pull-tick-ms <number>       time between lines of a pull          (60)
  --pull-verify-ms <number>     time to verify what was pulled        (500)
  --weak <strength>             mild, moderate or strong: slips of small models
  --seed <number>               decides texts and slips               (1)
  --help                        this text

Scripted answers, faults and counters: see the routes under /_sim/ in src/simulator/README.md.
`;

/** What the command line asks for. */
export type Command = { help: true } | { help: false; port: number; host: string; settings: SettingsPatch };

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  models: { type: 'string' },
  'tokens-per-second': { type: 'string' },
  'load-ms': { type: 'string' },
  slots: { type: 'string' },
  library: { type: 'string' },
  'pull-bytes-per-second': { type: 'string' },
  'pull-tick-ms': { type: 'string' },
  'pull-verify-ms': { type: 'string' },
  weak: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Reads the flags; a wrong one throws `InvalidInput` with a sentence for the user. */
export function parseCommand(args: readonly string[]): Command {
  const flags = parseFlags(args);
  if (flags.help) {
    return { help: true };
  }
  const port = numberFlag('port', flags.port) ?? 11434;
  if (!Number.isInteger(port) || port > 65_535) {
    throw new InvalidInput('--port must be a whole number from 0 to 65535');
  }
  const given: [flag: string, setting: keyof SettingsPatch, value: unknown][] = [
    ['seed', 'seed', numberFlag('seed', flags.seed)],
    ['models', 'models', listFlag(flags.models)],
    ['library', 'library', listFlag(flags.library)],
    ['tokens-per-second', 'tokensPerSecond', numberFlag('tokens-per-second', flags['tokens-per-second'])],
    ['load-ms', 'loadMs', numberFlag('load-ms', flags['load-ms'])],
    ['slots', 'slots', numberFlag('slots', flags.slots)],
    [
      'pull-bytes-per-second',
      'pullBytesPerSecond',
      numberFlag('pull-bytes-per-second', flags['pull-bytes-per-second']),
    ],
    ['pull-tick-ms', 'pullTickMs', numberFlag('pull-tick-ms', flags['pull-tick-ms'])],
    ['pull-verify-ms', 'pullVerifyMs', numberFlag('pull-verify-ms', flags['pull-verify-ms'])],
    ['weak', 'weak', flags.weak === undefined ? undefined : { strength: flags.weak }],
  ];
  const settings: SettingsPatch = {};
  for (const [flag, setting, value] of given) {
    if (value !== undefined) {
      settings[setting] = value;
      checkFlag(flag, { [setting]: value });
    }
  }
  return { help: false, port, host: flags.host ?? '127.0.0.1', settings };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new InvalidInput(error instanceof Error ? error.message : String(error));
  }
}

function listFlag(text: string | undefined): string[] | undefined {
  return text?.split(',').map((name) => name.trim());
}

function numberFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new InvalidInput(`--${name} must be a number of at least 0, not "${text}"`);
  }
  return Number(text);
}

/** Checks each flag by itself, so that the message can name it. */
function checkFlag(flag: string, patch: SettingsPatch): void {
  try {
    changeSettings(defaultSettings(), patch);
  } catch (error) {
    throw error instanceof InvalidInput ? new InvalidInput(`--${flag}: ${error.message}`) : error;
  }
}
