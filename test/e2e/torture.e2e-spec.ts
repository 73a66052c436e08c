import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SHORT_SCENARIOS } from '../../src/torture/options';

const PROGRAM = join(__dirname, '../../dist/torture/main.js');
const LIMIT_MS = 240_000;

describe('the torture programme', () => {
  it(
    'finds every promise kept in its short form',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'llama-herd-'));
      const report = join(folder, 'report.json');
      const child = spawn(process.execPath, [PROGRAM, '--short', '--report', report], {
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      // The whole output shows when something was broken: the seed in it repeats that.
      expect(`${code}\n${output}`).toMatch(/^0\n/);
      const { ok, results } = JSON.parse(readFileSync(report, 'utf8')) as {
        ok: boolean;
        results: { name: string; rounds: number }[];
      };
      expect(ok).toBe(true);
      expect(results.map(({ name }) => name).toSorted()).toEqual([...SHORT_SCENARIOS].toSorted());
      expect(results.every(({ rounds }) => rounds > 0)).toBe(true);
      rmSync(folder, { recursive: true, force: true });
    },
    LIMIT_MS,
  );
});
