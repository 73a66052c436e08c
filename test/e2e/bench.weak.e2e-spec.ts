import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Figures } from '../../src/bench/weak/figures';
import { PATTERN_NAMES } from '../../src/bench/weak/patterns';

const PROGRAM = join(__dirname, '../../dist/bench/weak/main.js');
const LIMIT_MS = 120_000;

describe('the bench of weak models', () => {
  it(
    'has conversations of every pattern end by their rules, with nothing in them that was not said, in its short form',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'llama-herd-'));
      const out = join(folder, 'figures.json');
      const child = spawn(process.execPath, [PROGRAM, '--short', '--strength', 'strong', '--out', out], {
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      expect(`${code}\n${output}`).toMatch(/^0\n/);
      const { results } = JSON.parse(readFileSync(out, 'utf8')) as { results: Figures[] };
      expect(results.map(({ pattern }) => pattern)).toEqual(PATTERN_NAMES);
      for (const figures of results) {
        expect(figures).toMatchObject({
          conversations: 3,
          endedByRule: { of: 3, held: 3 },
          echoed: 0,
          forOthers: 0,
          think: 0,
        });
        expect(figures.messages).toBeGreaterThan(0);
      }
      const asked = results.filter(({ speakers }) => speakers.held > 0).map(({ pattern }) => pattern);
      expect(asked).toEqual(
        expect.arrayContaining(['selector', 'swarm_json', 'swarm_tool', 'magentic', 'nested', 'moderator']),
      );
      rmSync(folder, { recursive: true, force: true });
    },
    LIMIT_MS,
  );
});
