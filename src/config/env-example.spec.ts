import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { envExample } from './env-example';
import { loadSettings } from './load-settings';
import { SETTINGS } from './settings.schema';

describe('.env.example', () => {
  it('is up to date; `npm run openapi` writes it', () => {
    expect(readFileSync(join(__dirname, '../../.env.example'), 'utf8')).toBe(envExample());
  });

  it('has every setting with its default, so that copying it changes nothing', () => {
    const read = parseEnv(envExample());

    expect(read).toEqual(
      Object.fromEntries(Object.values(SETTINGS).map(({ env, default: value }) => [env, value])),
    );
    expect(loadSettings(read)).toEqual(loadSettings({}));
  });

  it('tells the meaning before each, in lines that fit a screen', () => {
    const lines = envExample().split('\n');
    for (const { env, meaning } of Object.values(SETTINGS)) {
      const at = lines.findIndex((line) => line.startsWith(`${env}=`));
      const before = lines.slice(lines.lastIndexOf('', at) + 1, at);
      expect(before.map((line) => line.replace(/^# /, '')).join(' ')).toBe(meaning);
    }
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  });

  it.each(['DEFAULT_TOP_P', 'DEFAULT_THINK', 'ALLOWED_NETWORKS'])('has %s as empty', (name) => {
    expect(envExample()).toContain(`\n${name}=\n`);
  });
});
