import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { apiOf } from '../support/api';
import { startProgram } from '../support/child-process';
import { startSimulator } from '../support/simulator';
import { startServer, temporaryFolder } from '../support/test-app';
import { finished } from '../support/with-server';

const DIST = join(__dirname, '../../dist');

/** The example request of the first backend's README, as it stands there. */
const README_REQUEST = {
  task: { id: 'task1', prompt: 'Solve this math problem: 2+2' },
  agents: [
    {
      id: 'agent1',
      name: 'Solver',
      prompt: 'You are a helpful assistant',
      color: '#3B82F6',
      model: 'llama2',
    },
  ],
  iterations: 1,
};

describe('the programs', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('the server names all wrong settings at once, without their values, and ends with 1', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(DIST, 'main.js')], {
      cwd: folder,
      env: {
        API_PORT: 'nonsense-1',
        OLLAMA_URL: 'nonsense-2',
        PULL_MAX_CONCURRENCY: '0',
        LOG_LEVEL: 'nonsense-3',
      },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    for (const name of ['API_PORT', 'OLLAMA_URL', 'PULL_MAX_CONCURRENCY', 'LOG_LEVEL']) {
      expect(stderr).toContain(`${name}: allowed: `);
    }
    expect(stderr).not.toContain('nonsense');
  });

  it('the server runs the first example of the README against a simulator', async () => {
    const simulator = await startSimulator();
    const server = await startServer(simulator.url, folder);
    const id = await server.api.start(README_REQUEST);
    await finished(server, id);
    expect(await server.stop()).toBe(0);
    const again = await startServer(simulator.url, folder);
    const { conversations, status } = await again.api.experiment(id);
    expect(status).toBe('completed');
    expect(conversations[0]?.messages).toHaveLength(2);
    await again.stop();
    await simulator.stop();
  });

  it('the demo runs an experiment without Ollama, says that its model is simulated, and keeps serving', async () => {
    const demo = await startProgram(
      join(DIST, 'demo/main.js'),
      [],
      { DATA_DIRECTORY: folder, API_PORT: '0', NO_COLOR: '1' },
      /keeps running[\s\S]*API\s+(http:\/\/\S+)/,
    );
    expect(demo.output()).toMatch(/simulated/i);
    expect(demo.output()).toMatch(/tokens\/s/);
    const { body } = await apiOf(demo.match[1] ?? '').get<{ experiments: { status: string }[] }>(
      '/api/experiments',
    );
    expect(body.experiments.map(({ status }) => status)).toEqual(['completed']);
    expect(await demo.stop('SIGINT')).toBe(0);
  });
});
