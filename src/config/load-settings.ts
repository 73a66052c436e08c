import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type z } from 'zod';
import { withoutEndpoint } from './setting-kinds';
import { SETTINGS, type Settings } from './settings.schema';

/** One setting with a wrong value. Holds no value: it might be a secret. */
export interface SettingProblem {
  readonly env: string;
  readonly allowed: string;
}

/** All wrong settings at once; its message is what the operator reads. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly SettingProblem[]) {
    const lines = problems.map(({ env, allowed }) => `  ${env}: ${allowed}`);
    super(`Wrong settings (environment or .env):\n${lines.join('\n')}`);
    this.name = SettingsError.name;
  }
}

/** The settings of this process: `.env` in the working folder, then the environment. */
export function loadSettingsHere(): Settings {
  const path = `${process.cwd()}/.env`;
  return loadSettings(existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}, process.env);
}

/**
 * Checks the environment and gives the typed settings. Names are case-insensitive, later sources win, unknown
 * variables are ignored, an empty value counts as not set.
 * @throws SettingsError naming every wrong setting
 */
export function loadSettings(...sources: readonly Record<string, string | undefined>[]): Settings {
  const given = collect(sources);
  const problems: SettingProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(SETTINGS)) {
    const parsed = definition.schema.safeParse(given.get(definition.env) ?? definition.default);
    if (parsed.success) {
      values[key] = parsed.data;
    } else {
      problems.push({ env: definition.env, allowed: allowedText(parsed.error, definition.default === '') });
    }
  }
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  const settings = values as Settings;
  const ollamaUrl = settings.ollamaUrls[0] ?? nativeAddress(settings);
  return { ...settings, ollamaUrl, ollamaUrls: [ollamaUrl, ...settings.ollamaUrls.slice(1)] };
}

function collect(sources: readonly Record<string, string | undefined>[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) {
      if (value !== undefined && value.trim() !== '') {
        given.set(name.toUpperCase(), value);
      }
    }
  }
  return given;
}

/** What is allowed, as the schema words it; of a union, whose first branch is the empty text, as its last one does. */
function allowedText({ issues }: z.ZodError, mayBeEmpty: boolean): string {
  const [issue] = issues;
  const branch = issue?.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : issue;
  return `${branch?.message ?? ''}${mayBeEmpty ? ', or empty' : ''}`;
}

/**
 * The address for Ollama's native API. Who only changed the OpenAI-style address of old (`…/v1`) is understood, also
 * when the other one stands in a copy of `.env.example` with its default.
 */
function nativeAddress({ ollamaUrl, ollamaBaseUrl }: Settings): string {
  const address = ollamaUrl === SETTINGS.ollamaUrl.default ? ollamaBaseUrl : ollamaUrl;
  return withoutEndpoint(address);
}
