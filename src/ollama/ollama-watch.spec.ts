import { type OllamaStatus } from './ollama-status';
import { OllamaWatch } from './ollama-watch';
import { fleetOf } from './testing/fleet-of';

const INTERVAL_MS = 5_000;

/** Answers when the spec says so. */
class HeldClient {
  looks = 0;
  inFlight = 0;
  mostInFlight = 0;
  private answerVersion: (version: string) => void = () => undefined;

  version(): Promise<string> {
    this.looks += 1;
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    return new Promise((resolve) => {
      this.answerVersion = resolve;
    });
  }

  loadedModels(): Promise<never[]> {
    return Promise.resolve([]);
  }

  async answer(version: string): Promise<void> {
    this.inFlight -= 1;
    this.answerVersion(version);
    await jest.advanceTimersByTimeAsync(0);
  }
}

describe(OllamaWatch.name, () => {
  let client: HeldClient;
  let watch: OllamaWatch;
  let told: (string | null)[];

  beforeEach(() => {
    jest.useFakeTimers();
    client = new HeldClient();
    watch = new OllamaWatch(fleetOf(client), {
      ollamaStatusIntervalSeconds: INTERVAL_MS / 1000,
    });
    told = [];
    watch.changes.subscribe(({ version }) => told.push(version));
  });

  afterEach(() => {
    watch.onModuleDestroy();
    jest.useRealTimers();
  });

  const versionOf = async (status: Promise<OllamaStatus>) => (await status).version;

  it('does not look while nobody watches', async () => {
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(client.looks).toBe(0);
  });

  it('looks at once for the first watcher, who shares the look with those who come meanwhile', async () => {
    watch.watch();
    const first = watch.current();
    watch.watch();
    const second = watch.current();
    await client.answer('1');
    expect([await versionOf(first), await versionOf(second), client.looks]).toEqual(['1', '1', 1]);
  });

  it('gives who comes later what was told last', async () => {
    watch.watch();
    void watch.current();
    await client.answer('1');
    watch.watch();
    expect([await versionOf(watch.current()), client.looks]).toEqual(['1', 1]);
  });

  it('tells of changes only', async () => {
    watch.watch();
    void watch.current();
    for (const version of ['1', '1', '2', '2', '1']) {
      await client.answer(version);
      await jest.advanceTimersByTimeAsync(INTERVAL_MS);
    }
    expect(told).toEqual(['1', '2', '1']);
  });

  it('never looks twice at the same time, however long a look takes', async () => {
    watch.watch();
    void watch.current();
    await client.answer('1');
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect([client.looks, client.mostInFlight]).toEqual([2, 1]);
    await client.answer('1');
    await jest.advanceTimersByTimeAsync(INTERVAL_MS - 1);
    expect(client.looks).toBe(2);
    await jest.advanceTimersByTimeAsync(1);
    expect([client.looks, client.mostInFlight]).toEqual([3, 1]);
  });

  it('goes on until the last one leaves, and looks anew for the next', async () => {
    const leaves = [watch.watch(), watch.watch()];
    void watch.current();
    await client.answer('1');
    leaves[0]?.();
    leaves[0]?.();
    await jest.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(client.looks).toBe(2);
    await client.answer('1');
    leaves[1]?.();
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(client.looks).toBe(2);
    watch.watch();
    const next = watch.current();
    await client.answer('2');
    expect([await versionOf(next), client.looks]).toEqual(['2', 3]);
  });

  it('does not go on when the last one left during a look', async () => {
    const leave = watch.watch();
    void watch.current();
    leave();
    await client.answer('1');
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect([client.looks, told]).toEqual([1, []]);
  });

  it('stops at shutdown, with watchers there and a look on its way', async () => {
    watch.watch();
    void watch.current();
    watch.onModuleDestroy();
    await client.answer('1');
    await jest.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect([client.looks, jest.getTimerCount()]).toEqual([1, 0]);
  });
});
