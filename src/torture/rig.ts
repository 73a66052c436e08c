import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { ServerProcess } from './server-process';
import { SimulatorProcess } from './simulator-process';

/** Below the ports that the system hands out by itself: else a client could take the port of a server that is just restarted. */
const PORTS = { first: 20_000, last: 31_999 };

/** Times scaled down where only their length matters; all else as it is shipped. */
const SETTINGS = {
  OLLAMA_RETRY_BACKOFF_SECONDS: '0.05',
  DELTA_INTERVAL_MS: '5',
  NODE_OPTIONS: '--trace-warnings',
};

/** Where a scenario gets its programs and folders; all of them are gone at the end. */
export class Rig {
  private readonly folder = mkdtempSync(join(tmpdir(), 'llama-herd-torture-'));
  private readonly servers = new Set<ServerProcess>();
  private readonly simulators = new Set<SimulatorProcess>();

  /** A server that is not started yet, with an empty folder of its own. */
  async server(
    ollamaUrl: string,
    settings: Readonly<Record<string, string>> = {},
    dataDirectory = this.newFolder(),
  ): Promise<ServerProcess> {
    const server = new ServerProcess({
      cwd: this.folder,
      dataDirectory,
      port: await freePort(),
      settings: { ...SETTINGS, OLLAMA_URL: ollamaUrl, ...settings },
    });
    this.servers.add(server);
    return server;
  }

  /** A simulator that runs; without flags it answers as fast as it can. */
  async simulator(...flags: readonly string[]): Promise<SimulatorProcess> {
    const simulator = await this.simulatorToCome(...flags);
    await simulator.start();
    return simulator;
  }

  /** One that is not started yet: nothing listens at its address. */
  async simulatorToCome(...flags: readonly string[]): Promise<SimulatorProcess> {
    const simulator = new SimulatorProcess({
      cwd: this.folder,
      port: await freePort(),
      flags: ['--tokens-per-second', '0', '--load-ms', '0', '--slots', '1000', ...flags],
    });
    this.simulators.add(simulator);
    return simulator;
  }

  /** What the servers have logged. */
  get logs(): string[] {
    return [...this.servers].map(({ log }) => log);
  }

  newFolder(): string {
    return mkdtempSync(join(this.folder, 'data-'));
  }

  /** Ends all that runs. */
  async stopAll(): Promise<void> {
    await Promise.all([
      ...[...this.servers].filter(({ isRunning }) => isRunning).map((server) => server.kill()),
      ...[...this.simulators].map((simulator) => simulator.kill()),
    ]);
  }

  /** At once, for the very end. */
  close(): void {
    void this.stopAll();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last + 1);
    const probe = createServer();
    const result = Promise.race([
      once(probe, 'listening').then(() => true),
      once(probe, 'error').then(() => false),
    ]);
    probe.listen(port, '127.0.0.1');
    if (await result) {
      probe.close();
      await once(probe, 'close');
      return port;
    }
  }
}
