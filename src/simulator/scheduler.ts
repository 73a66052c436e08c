import { LoadLog, LoadRecord } from './load-log';
import { OllamaError } from './ollama-error';
import { ModelSpec } from './models';
import { SimulatorSettings } from './settings';
import { Phase, Stats } from './stats';
import { abortReason, sleep, waitFor } from './timing';

/** What a request needs from the scheduler. */
export interface RunnerRequest {
  model: ModelSpec;
  numCtx: number;
  /** The load-time options as one text: another value means that the model is loaded again. */
  loadKey: string;
  /** Negative = forever, 0 = unload after the request. */
  keepAliveMs: number;
  signal: AbortSignal;
  enter(phase: Phase): void;
}

/** A loaded model. */
export interface Runner {
  model: ModelSpec;
  numCtx: number;
  loadKey: string;
  keepAliveMs: number;
  expiresAt: number;
  /** Requests that use it or wait for one of its slots: while there are any it stays. */
  users: number;
  busySlots: number;
  waiting: (() => void)[];
  timer?: NodeJS.Timeout;
  /** Last prompt (with its answer) of each slot. */
  promptCache: string[];
  record: LoadRecord;
}

/** Ollama's scheduler: one load at a time for all models, and a fixed number of slots per loaded model. */
export interface Scheduler {
  /** Waits in the queue and for the load where there is one. Every runner gained must be given back by `leave`. */
  join(request: RunnerRequest): Promise<Runner>;
  leave(runner: Runner): void;
  /** Waits for a free slot of the runner, in order of arrival. */
  takeSlot(runner: Runner, signal: AbortSignal): Promise<void>;
  freeSlot(runner: Runner): void;
  /** Unloads the model as soon as nobody uses it. */
  expire(modelName: string): void;
  /** Longest `expiresAt` first. */
  loaded(): Runner[];
  /** Unloads everything; for a reset, when no request is left. */
  clear(): void;
}

interface Pending {
  request: RunnerRequest;
  resolve: (runner: Runner) => void;
  reject: (error: Error) => void;
}

const FOREVER_MS = 292 * 365.25 * 24 * 3_600_000;
/** Longest delay of a Node timer; a longer keep-alive than 24 days needs none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createScheduler(settings: () => SimulatorSettings, stats: Stats, loads: LoadLog): Scheduler {
  const runners = new Map<string, Runner>();
  const queue: Pending[] = [];
  /** The request being served: waiting for room, or loading. Those behind it wait, whatever they need. */
  let current: Pending | undefined;
  let isLoading = false;

  const unload = (runner: Runner): void => {
    clearTimeout(runner.timer);
    runners.delete(runner.model.name);
    runner.record.unloaded_at_ms = Date.now();
    stats.update((values) => {
      values.unloads += 1;
      values.loadedModels = runners.size;
    });
  };

  const use = (runner: Runner, request: RunnerRequest): Runner => {
    clearTimeout(runner.timer);
    runner.users += 1;
    runner.keepAliveMs = request.keepAliveMs;
    return runner;
  };

  const becomeIdle = (runner: Runner): void => {
    const { keepAliveMs } = runner;
    runner.expiresAt = Date.now() + (keepAliveMs < 0 ? FOREVER_MS : keepAliveMs);
    if (keepAliveMs === 0) {
      unload(runner);
    } else if (keepAliveMs > 0 && keepAliveMs <= MAX_TIMER_MS) {
      runner.timer = setTimeout(() => {
        unload(runner);
        pump();
      }, keepAliveMs);
      runner.timer.unref();
    }
    pump();
  };

  /** The idle model with the shortest keep-alive goes first. */
  const findVictim = (): Runner | undefined => {
    const patience = ({ keepAliveMs }: Runner): number => (keepAliveMs < 0 ? Infinity : keepAliveMs);
    return [...runners.values()]
      .filter(({ users }) => users === 0)
      .toSorted((a, b) => patience(a) - patience(b))[0];
  };

  const load = async (pending: Pending): Promise<void> => {
    const { request } = pending;
    isLoading = true;
    request.enter('loading');
    const record = loads.open(request.model.name);
    try {
      await sleep(request.model.loadMs ?? settings().loadMs, request.signal);
      const { model, numCtx, loadKey, keepAliveMs } = request;
      const expiresAt = Date.now() + (keepAliveMs < 0 ? FOREVER_MS : keepAliveMs);
      const runner: Runner = {
        model,
        numCtx,
        loadKey,
        keepAliveMs,
        expiresAt,
        users: 1,
        busySlots: 0,
        waiting: [],
        promptCache: [],
        record,
      };
      record.loaded_at_ms = Date.now();
      runners.set(model.name, runner);
      stats.update((values) => {
        values.loads += 1;
        values.loadedModels = runners.size;
      });
      pending.resolve(runner);
    } catch (error) {
      record.unloaded_at_ms = Date.now();
      stats.update((values) => (values.abortedLoads += 1));
      pending.reject(error instanceof Error ? error : abortReason(request.signal));
    }
    isLoading = false;
    current = undefined;
    pump();
  };

  /** Makes room for a request that needs a load; false while a busy model stands in the way. */
  const makeRoom = ({ request }: Pending): boolean => {
    const outdated = runners.get(request.model.name);
    const victim = outdated ?? (runners.size >= settings().maxLoadedModels ? findVictim() : undefined);
    if (!victim) {
      return runners.size < settings().maxLoadedModels;
    }
    if (victim.users > 0) {
      return false;
    }
    unload(victim);
    if (outdated) {
      stats.update((values) => (values.reloads += 1));
    }
    return true;
  };

  const pump = (): void => {
    if (isLoading) {
      return;
    }
    current ??= queue.shift();
    if (!current) {
      return;
    }
    const runner = runners.get(current.request.model.name);
    if (runner?.loadKey === current.request.loadKey) {
      current.resolve(use(runner, current.request));
      current = undefined;
      pump();
    } else if (makeRoom(current)) {
      void load(current);
    }
  };

  const enqueue = async (request: RunnerRequest): Promise<Runner> => {
    let giveUp: (() => void) | undefined;
    const joined = new Promise<Runner>((resolve, reject) => {
      const pending: Pending = { request, resolve, reject };
      giveUp = () => {
        if (current === pending && !isLoading) {
          current = undefined;
        } else if (queue.includes(pending)) {
          queue.splice(queue.indexOf(pending), 1);
        } else {
          // Loading: the load itself notices the abort.
          return;
        }
        reject(abortReason(request.signal));
        pump();
      };
      request.signal.addEventListener('abort', giveUp, { once: true });
      queue.push(pending);
      pump();
      if (queue.length > settings().maxQueue) {
        queue.splice(queue.indexOf(pending), 1);
        // Two spaces, as Ollama has them.
        reject(new OllamaError(503, 'server busy, please try again.  maximum pending requests exceeded'));
      }
    });
    try {
      return await joined;
    } finally {
      if (giveUp) {
        request.signal.removeEventListener('abort', giveUp);
      }
    }
  };

  const countSlot = (runner: Runner): void => {
    runner.busySlots += 1;
    stats.update(({ maxConcurrent }) => {
      const { name } = runner.model;
      maxConcurrent[name] = Math.max(maxConcurrent[name] ?? 0, runner.busySlots);
    });
  };

  return {
    async join(request) {
      request.signal.throwIfAborted();
      const runner = runners.get(request.model.name);
      return runner?.loadKey === request.loadKey ? use(runner, request) : enqueue(request);
    },
    leave(runner) {
      runner.users -= 1;
      if (runner.users === 0) {
        becomeIdle(runner);
      }
    },
    async takeSlot(runner, signal) {
      signal.throwIfAborted();
      if (runner.busySlots < settings().slots && runner.waiting.length === 0) {
        countSlot(runner);
        return;
      }
      await waitFor(signal, (done) => {
        const goOn = (): void => {
          countSlot(runner);
          done();
        };
        runner.waiting.push(goOn);
        return () => runner.waiting.splice(runner.waiting.indexOf(goOn), 1);
      });
    },
    freeSlot(runner) {
      runner.busySlots -= 1;
      while (runner.busySlots < settings().slots && runner.waiting.length > 0) {
        runner.waiting.shift()?.();
      }
    },
    expire(modelName) {
      const runner = runners.get(modelName);
      if (runner) {
        runner.keepAliveMs = 0;
        if (runner.users === 0) {
          becomeIdle(runner);
        }
      }
    },
    loaded: () => [...runners.values()].toSorted((a, b) => b.expiresAt - a.expiresAt),
    clear() {
      [...runners.values()].forEach(unload);
    },
  };
}
