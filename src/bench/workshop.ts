import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, type ChildOptions } from './child';
import { type Commands } from './commands';
import { Helper } from './helper';
import { Simulator } from './simulator-control';

/** Where a measurement gets its programs; all of them are gone at the end. All listen on 127.0.0.1, on free ports. */
export class Workshop {
  private readonly folder = mkdtempSync(join(tmpdir(), 'llama-herd-bench-'));
  private readonly children = new Set<Child>();

  /** The server as it is shipped, with its own empty database unless a folder is given. */
  async startServer(
    settings: Readonly<Record<string, string>>,
    dataDirectory = this.newFolder('data-'),
  ): Promise<{ server: Child; url: string }> {
    const server = this.keep(
      new Child({
        script: 'main.js',
        cwd: this.folder,
        env: { API_HOST: '127.0.0.1', API_PORT: '0', DATA_DIRECTORY: dataDirectory, ...settings },
      }),
    );
    const url = await addressOf(server);
    return { server, url };
  }

  /** @param options.tokensPerSecond 0 = as fast as they are taken */
  async startSimulator(options: {
    readonly tokensPerSecond: number;
    readonly slots: number;
  }): Promise<Simulator> {
    const { tokensPerSecond, slots } = options;
    const args = [
      '--port',
      '0',
      '--load-ms',
      '0',
      '--tokens-per-second',
      `${tokensPerSecond}`,
      '--slots',
      `${slots}`,
    ];
    const url = await addressOf(
      this.keep(new Child({ script: 'simulator/main.js', args, cwd: this.folder })),
    );
    return new Simulator(url);
  }

  /** A program of the bench that listens. */
  async startListener(script: string, ...args: readonly string[]): Promise<{ child: Child; url: string }> {
    return this.startListening({ script, args });
  }

  /** The same, told by environment variables. */
  async startListenerWith(
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ child: Child; url: string }> {
    return this.startListening({ script, env });
  }

  /** A program of the bench, or of another folder, that does what it is asked to. */
  startHelper<C extends Commands>(script: string, folder = 'bench'): Helper<C> {
    const helper = new Helper<C>({ script: `${folder}/${script}`, cwd: this.folder });
    this.keep(helper);
    return helper;
  }

  newFolder(prefix: string): string {
    return mkdtempSync(join(this.folder, prefix));
  }

  async stop(...children: readonly Child[]): Promise<void> {
    await Promise.all(children.map((child) => child.stop()));
    children.forEach((child) => this.children.delete(child));
  }

  stopAll(): Promise<void> {
    return this.stop(...this.children);
  }

  /** At once, for the very end. */
  close(): void {
    this.children.forEach((child) => child.kill());
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async startListening({
    script,
    ...rest
  }: Omit<ChildOptions, 'cwd'>): Promise<{ child: Child; url: string }> {
    const child = this.keep(new Child({ script: `bench/${script}`, cwd: this.folder, ...rest }));
    return { child, url: await addressOf(child) };
  }

  private keep<T extends Child>(child: T): T {
    this.children.add(child);
    return child;
  }
}

/** Every program says where it listens, in one line of its own. */
async function addressOf(child: Child): Promise<string> {
  const [, url = ''] = await child.waitForLine(/listening.*?(http:\/\/[^\s"]+)/);
  return url;
}
