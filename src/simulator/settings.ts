import { readChoice, readInteger, readNumber, readObject } from './input';
import { ModelSpec, defaultModels, readModels } from './models';

export const WEAK_STRENGTHS = ['mild', 'moderate', 'strong'] as const;
export type WeakStrength = (typeof WEAK_STRENGTHS)[number];

export interface WeakSettings {
  strength: WeakStrength;
  seed: number;
}

/** Everything about the simulated server that can be set, by flags at the start or by `POST /_sim/config` while it runs. */
export interface SimulatorSettings {
  models: ModelSpec[];
  /** 0 = as fast as the client takes it. */
  tokensPerSecond: number;
  /** 0 = the prompt is read in no time. */
  promptTokensPerSecond: number;
  loadMs: number;
  /** OLLAMA_NUM_PARALLEL: answers at the same time per loaded model. */
  slots: number;
  /** OLLAMA_MAX_QUEUE: requests that may wait for a model to be loaded. */
  maxQueue: number;
  maxLoadedModels: number;
  /** OLLAMA_CONTEXT_LENGTH: the window where neither request nor model names one. */
  numCtx: number;
  /** How long a model stays loaded where the request says nothing; negative = forever. */
  keepAliveSeconds: number;
  /** Length of generated answers. */
  words: { min: number; max: number };
  /** What can be pulled; null = every valid name that does not begin with `unknown` or `missing`. */
  library: ModelSpec[] | null;
  /** Per blob; 0 = at once. */
  pullBytesPerSecond: number;
  /** Time between two lines of a pull. */
  pullTickMs: number;
  /** How long a download is verified, without a line. */
  pullVerifyMs: number;
  seed: number;
  weak: WeakSettings | null;
}

/** Settings to change; what is absent stays as it is. Models may be given by name alone, a weak mode without a seed. */
export type SettingsPatch = { [K in keyof SimulatorSettings]?: unknown };

export function defaultSettings(): SimulatorSettings {
  return {
    models: defaultModels(),
    tokensPerSecond: 40,
    promptTokensPerSecond: 0,
    loadMs: 800,
    slots: 1,
    maxQueue: 512,
    maxLoadedModels: 3,
    numCtx: 4096,
    keepAliveSeconds: 300,
    words: { min: 25, max: 70 },
    library: null,
    pullBytesPerSecond: 250_000_000,
    pullTickMs: 60,
    pullVerifyMs: 500,
    seed: 1,
    weak: null,
  };
}

type Reader = (value: unknown, current: SimulatorSettings) => Partial<SimulatorSettings>;

const READERS: Record<keyof SimulatorSettings, Reader> = {
  models: (value) => ({ models: readModels(value, 'models') }),
  tokensPerSecond: (value) => ({ tokensPerSecond: readNumber(value, 'tokensPerSecond', 0) }),
  promptTokensPerSecond: (value) => ({
    promptTokensPerSecond: readNumber(value, 'promptTokensPerSecond', 0),
  }),
  loadMs: (value) => ({ loadMs: readNumber(value, 'loadMs', 0, 3_600_000) }),
  slots: (value) => ({ slots: readInteger(value, 'slots', 1) }),
  maxQueue: (value) => ({ maxQueue: readInteger(value, 'maxQueue', 0) }),
  maxLoadedModels: (value) => ({ maxLoadedModels: readInteger(value, 'maxLoadedModels', 1) }),
  numCtx: (value) => ({ numCtx: readInteger(value, 'numCtx', 4) }),
  keepAliveSeconds: (value) => ({ keepAliveSeconds: readNumber(value, 'keepAliveSeconds', -1) }),
  words: (value) => ({ words: readWords(value) }),
  library: (value) => ({ library: value === null ? null : readModels(value, 'library') }),
  pullBytesPerSecond: (value) => ({ pullBytesPerSecond: readNumber(value, 'pullBytesPerSecond', 0) }),
  pullTickMs: (value) => ({ pullTickMs: readNumber(value, 'pullTickMs', 1, 60_000) }),
  pullVerifyMs: (value) => ({ pullVerifyMs: readNumber(value, 'pullVerifyMs', 0, 3_600_000) }),
  seed: (value) => ({ seed: readInteger(value, 'seed', 0) }),
  weak: (value, current) => ({ weak: readWeak(value, current) }),
};

function readWords(value: unknown): SimulatorSettings['words'] {
  const words = readObject(value, 'words', ['min', 'max']);
  const min = readInteger(words['min'], 'words.min', 1);
  return { min, max: readInteger(words['max'], 'words.max', min) };
}

function readWeak(value: unknown, current: SimulatorSettings): WeakSettings | null {
  if (value === null) {
    return null;
  }
  const weak = readObject(value, 'weak', ['strength', 'seed']);
  return {
    strength: readChoice(weak['strength'], 'weak.strength', WEAK_STRENGTHS),
    seed: weak['seed'] === undefined ? current.seed : readInteger(weak['seed'], 'weak.seed', 0),
  };
}

/** The settings with the patch applied; wrong or unknown fields throw `InvalidInput` and nothing is changed. */
export function changeSettings(current: SimulatorSettings, patch: unknown): SimulatorSettings {
  const given = readObject(patch, 'the settings', Object.keys(READERS));
  let changed = current;
  for (const [name, read] of Object.entries(READERS)) {
    if (given[name] !== undefined) {
      changed = { ...changed, ...read(given[name], changed) };
    }
  }
  return changed;
}
