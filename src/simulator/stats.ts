import { isObject } from './input';

/** Where a chat is; a cancelled one is counted under the phase it was in. */
export type Phase = 'queued' | 'loading' | 'prompt' | 'generating';
/** Requests with messages, and those without any, which only load a model. */
export type ChatGroup = 'chats' | 'preloads';
export type Result = 'finished' | 'failed' | 'cancelled';

type PhaseCounts = Record<Phase, number>;

interface ChatCounts extends Record<Result | 'started', number> {
  cancelledIn: PhaseCounts;
}

/**
 * Counters since the start or the last reset; `activeChats`, `heldChats`, `activePulls`, `heldPulls`, `phases`, `openConnections`,
 * `loadedModels` are the present state.
 */
export interface StatValues {
  requests: Record<string, number>;
  chats: ChatCounts;
  preloads: ChatCounts;
  activeChats: number;
  maxActiveChats: number;
  heldChats: number;
  pulls: Record<Result | 'started', number>;
  activePulls: number;
  maxActivePulls: number;
  heldPulls: number;
  /** Bytes of blobs that came; a blob that several pulls share counts once. */
  bytesPulled: number;
  phases: PhaseCounts;
  openConnections: number;
  totalConnections: number;
  loads: number;
  abortedLoads: number;
  unloads: number;
  reloads: number;
  loadedModels: number;
  tokensSent: number;
  promptTokensRead: number;
  promptTokensCached: number;
  faultsApplied: number;
  /** Most answers at the same time, by model. */
  maxConcurrent: Record<string, number>;
  /** Slips of the weak mode that were sent, by kind. */
  weak: Record<string, number>;
}

/** Follows one chat through its phases, so that the sums always agree. */
export interface ChatTracker {
  enter(phase: Phase): void;
  end(result: Result): void;
}

/** The counters and those who wait for one of them. */
export interface Stats {
  readonly values: StatValues;
  /** The only way to change a counter: whoever waits for it is looked after. */
  update(change: (values: StatValues) => void): void;
  startChat(group: ChatGroup): ChatTracker;
  /** Counts a pull; the function returned ends it. */
  startPull(): (result: Result) => void;
  /** Calls back once, at the first change after which the condition holds. The function returned gives the waiting up. */
  watch(condition: (values: StatValues) => boolean, then: () => void): () => void;
  reset(): void;
}

const noPhases = (): PhaseCounts => ({ queued: 0, loading: 0, prompt: 0, generating: 0 });
const noChats = (): ChatCounts => ({
  started: 0,
  finished: 0,
  failed: 0,
  cancelled: 0,
  cancelledIn: noPhases(),
});

function noCounts(): StatValues {
  return {
    requests: { total: 0 },
    chats: noChats(),
    preloads: noChats(),
    activeChats: 0,
    maxActiveChats: 0,
    heldChats: 0,
    pulls: { started: 0, finished: 0, failed: 0, cancelled: 0 },
    activePulls: 0,
    maxActivePulls: 0,
    heldPulls: 0,
    bytesPulled: 0,
    phases: noPhases(),
    openConnections: 0,
    totalConnections: 0,
    loads: 0,
    abortedLoads: 0,
    unloads: 0,
    reloads: 0,
    loadedModels: 0,
    tokensSent: 0,
    promptTokensRead: 0,
    promptTokensCached: 0,
    faultsApplied: 0,
    maxConcurrent: {},
    weak: {},
  };
}

export function createStats(): Stats {
  const values = noCounts();
  const waiters = new Map<() => void, (values: StatValues) => boolean>();

  const update = (change: (values: StatValues) => void): void => {
    change(values);
    for (const [then, condition] of waiters) {
      if (condition(values)) {
        waiters.delete(then);
        then();
      }
    }
  };

  const startChat = (group: ChatGroup): ChatTracker => {
    let current: Phase = 'queued';
    const active = group === 'chats' ? 1 : 0;
    update((counts) => {
      counts[group].started += 1;
      counts.phases.queued += 1;
      counts.activeChats += active;
      counts.maxActiveChats = Math.max(counts.maxActiveChats, counts.activeChats);
    });
    return {
      enter: (phase) =>
        update((counts) => {
          counts.phases[current] -= 1;
          counts.phases[phase] += 1;
          current = phase;
        }),
      end: (result) =>
        update((counts) => {
          counts.phases[current] -= 1;
          counts.activeChats -= active;
          counts[group][result] += 1;
          if (result === 'cancelled') {
            counts[group].cancelledIn[current] += 1;
          }
        }),
    };
  };

  const startPull = (): ((result: Result) => void) => {
    update((counts) => {
      counts.pulls.started += 1;
      counts.activePulls += 1;
      counts.maxActivePulls = Math.max(counts.maxActivePulls, counts.activePulls);
    });
    return (result) =>
      update((counts) => {
        counts.activePulls -= 1;
        counts.pulls[result] += 1;
      });
  };

  return {
    values,
    update,
    startChat,
    startPull,
    watch(condition, then) {
      waiters.set(then, condition);
      return () => waiters.delete(then);
    },
    reset() {
      const { openConnections } = values;
      update((counts) => Object.assign(counts, noCounts(), { openConnections }));
    },
  };
}

const OPEN_ENDED = ['requests.', 'maxConcurrent.', 'weak.'];

/** The number at a dotted path. Keys may contain dots (`maxConcurrent.llama3.2:3b`); what was never counted is 0. */
export function statAt(values: StatValues, path: string): number | undefined {
  const find = (value: unknown, rest: string): unknown => {
    if (!isObject(value)) {
      return undefined;
    }
    if (Object.hasOwn(value, rest)) {
      return value[rest];
    }
    const dot = rest.indexOf('.');
    return dot === -1 ? undefined : find(value[rest.slice(0, dot)], rest.slice(dot + 1));
  };
  const found = find(values, path);
  if (found === undefined && OPEN_ENDED.some((start) => path.startsWith(start))) {
    return 0;
  }
  return typeof found === 'number' ? found : undefined;
}
