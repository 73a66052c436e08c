import { ModelCallError } from '../ollama/model-call-error';
import { PullError } from '../ollama/pull-error';
import { type PullLine } from '../ollama/pull-line';
import { type PullOptions } from '../ollama/pull-stream';
import { failureOf } from '../ollama/testing/failure-of';
import { PullJob } from './pull-job';

/** One call of Ollama whose course the test decides. */
interface Call {
  readonly server: string;
  readonly options: PullOptions;
  readonly line: (status: string, completed?: number) => void;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

describe('PullJob', () => {
  let calls: Call[];
  let retries: number[];
  let job: PullJob;

  beforeEach(() => {
    jest.useFakeTimers();
    calls = [];
    retries = [];
    job = jobTo('http://gpu-1');
  });
  afterEach(() => jest.useRealTimers());

  const jobTo = (...servers: string[]) =>
    new PullJob({
      model: 'tiny',
      servers,
      shown: null,
      pull,
      connectMs: 5_000,
      limits: { staleMs: 300_000, verifyMs: 3_600_000 },
      retries: 2,
      backoffMs: 5_000,
      onStep: () => undefined,
      onRetry: (_error, retry) => {
        retries.push(retry);
      },
    });

  const pull = (_model: string, server: string, options: PullOptions) =>
    new Promise<void>((resolve, reject) => {
      const { signal } = options;
      const leave = () => reject(signal.reason as Error);
      signal.addEventListener('abort', leave);
      calls.push({
        server,
        options,
        line: (status, completed) => options.onLine(lineOf(status, completed)),
        succeed: resolve,
        fail: reject,
      });
    });
  const lineOf = (status: string, completed?: number): PullLine => ({
    status,
    layer: completed === undefined ? null : { digest: 'sha256:a', total: 1_000, completed },
  });
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const call = (index: number): Call => {
    const found = calls[index];
    if (!found) {
      throw new Error(`There was no call ${index}.`);
    }
    return found;
  };

  it('ends when the model is there', async () => {
    const done = job.run();
    call(0).line('pulling a', 500);
    call(0).line('success');
    call(0).succeed();
    await done;
    expect(job.meter.current()).toMatchObject({ status: 'success', completed: 1_000 });
  });

  it('tries again after 1, 2, … times the back-off, as often as it may', async () => {
    const failure = failureOf(job.run());
    call(0).fail(new PullError('PULL_CUT', 'first'));
    await pass(4_999);
    expect(calls).toHaveLength(1);
    await pass(1);
    call(1).fail(new ModelCallError('OLLAMA_UNREACHABLE', 'second'));
    await pass(9_999);
    expect(calls).toHaveLength(2);
    await pass(1);
    call(2).fail(new PullError('PULL_CUT', 'third'));
    expect(await failure).toMatchObject({ message: 'third' });
    expect(retries).toEqual([1, 2]);
  });

  it('does not try again when the same would come of it', async () => {
    const failure = failureOf(job.run());
    call(0).fail(new PullError('PULL_FAILED', 'pull model manifest: file does not exist'));
    expect(await failure).toMatchObject({ code: 'PULL_FAILED' });
    expect(calls).toHaveLength(1);
  });

  it('tries once more, at once and beside its tries, when it met the end of a cancelled pull', async () => {
    const failure = failureOf(job.run());
    call(0).fail(new PullError('PULL_FAILED', 'context canceled'));
    await pass(1_000);
    expect(calls).toHaveLength(2);
    expect(retries).toEqual([]);
    call(1).fail(new PullError('PULL_FAILED', 'context canceled'));
    expect(await failure).toMatchObject({ message: 'context canceled' });
  });

  it('is stalled when no byte moves, although lines come', async () => {
    const failure = failureOf(job.run());
    call(0).line('pulling a', 500);
    for (let second = 0; second < 300; second += 1) {
      await pass(1_000);
      call(0).line('pulling a', 500);
    }
    expect(await failure).toMatchObject({ code: 'PULL_STALLED' });
    expect(call(0).options.signal.aborted).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it('is stalled when Ollama says nothing at all', async () => {
    const failure = failureOf(job.run());
    await pass(300_000);
    expect(await failure).toMatchObject({ code: 'PULL_STALLED' });
  });

  it('is not stalled while a byte comes now and then', async () => {
    const done = job.run();
    for (let count = 1; count <= 10; count += 1) {
      await pass(299_000);
      call(0).line('pulling a', count);
    }
    call(0).succeed();
    await done;
    expect(calls).toHaveLength(1);
  });

  it('may be silent for long while it is verified, but not for ever', async () => {
    const failure = failureOf(job.run());
    call(0).line('pulling a', 1_000);
    call(0).line('verifying sha256 digest');
    await pass(3_599_999);
    expect(call(0).options.signal.aborted).toBe(false);
    await pass(1);
    expect(await failure).toMatchObject({ code: 'PULL_STALLED' });
  });

  it.each(['while it pulls', 'while it waits for a further try'])('can be cancelled %s', async (when) => {
    const failure = failureOf(job.run());
    if (when !== 'while it pulls') {
      call(0).fail(new PullError('PULL_CUT', 'x'));
      await pass(100);
    }
    job.cancel();
    expect(await failure).toMatchObject({ message: 'the pull is cancelled' });
    expect(call(0).options.signal.aborted).toBe(true);
    await pass(60_000);
    expect(calls).toHaveLength(1);
  });

  describe('to several servers', () => {
    const SERVERS = ['http://gpu-1', 'http://gpu-2', 'http://gpu-3'];

    const served = () => calls.map(({ server }) => server);

    beforeEach(() => {
      job = jobTo(...SERVERS);
    });

    it('goes from one to the next', async () => {
      const done = job.run();
      for (let index = 0; index < SERVERS.length; index += 1) {
        expect(served()).toEqual(SERVERS.slice(0, index + 1));
        call(index).line('pulling a', 1_000);
        call(index).succeed();
        await pass(0);
      }
      await done;
    });

    it('goes on to the others when one failed, and tells of all that did', async () => {
      const failure = failureOf(job.run());
      call(0).fail(new PullError('PULL_FAILED', 'no space left'));
      await pass(0);
      call(1).succeed();
      await pass(0);
      call(2).fail(new PullError('PULL_STALLED', 'stalled'));
      expect(await failure).toMatchObject({
        code: 'PULL_FAILED',
        message: 'Not pulled to http://gpu-1: no space left\nNot pulled to http://gpu-3: stalled',
      });
    });

    it('has its tries, and its time, on each of them', async () => {
      const failure = failureOf(job.run());
      for (let index = 0; index < 3; index += 1) {
        call(index).fail(new PullError('PULL_CUT', 'cut'));
        await pass(10_000);
      }
      expect(served()).toEqual([...Array<string>(3).fill('http://gpu-1'), 'http://gpu-2']);
      // The last ten seconds were those of the second server.
      await pass(290_000 - 1);
      expect(served()).toHaveLength(4);
      await pass(1);
      expect(served().at(-1)).toBe('http://gpu-3');
      call(4).succeed();
      expect(await failure).toMatchObject({ code: 'PULL_CUT' });
      expect(retries).toEqual([1, 2]);
    });

    it('asks no further server once it is cancelled', async () => {
      const failure = failureOf(job.run());
      call(0).succeed();
      await pass(0);
      job.cancel();
      expect(await failure).toMatchObject({ message: 'the pull is cancelled' });
      await pass(60_000);
      expect(served()).toEqual(SERVERS.slice(0, 2));
    });
  });
});
