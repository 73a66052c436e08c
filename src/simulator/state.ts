import { BlobStore, createBlobStore } from './blob-store';
import { FaultList, createFaultList } from './faults';
import { Gate, createGate } from './gate';
import { LoadLog, createLoadLog } from './load-log';
import { RequestLog, createRequestLog } from './request-log';
import { Scheduler, createScheduler } from './scheduler';
import { ScriptList, createScriptList } from './scripts';
import { SimulatorSettings } from './settings';
import { Stats, createStats } from './stats';
import { Pacer, createPacer } from './timing';

/** Everything the simulated server knows; handlers get it handed in. */
export interface SimulatorState {
  settings: SimulatorSettings;
  readonly initialSettings: SimulatorSettings;
  readonly stats: Stats;
  readonly requests: RequestLog;
  readonly loads: LoadLog;
  readonly scheduler: Scheduler;
  readonly faults: FaultList;
  readonly scripts: ScriptList;
  readonly gate: Gate;
  readonly pacer: Pacer;
  readonly blobs: BlobStore;
  /** Names of models (as they are compared) whose last pull was cancelled. */
  readonly cancelledPulls: Set<string>;
  /** How often a request without a seed came, by its content; only for the weak mode. */
  readonly attempts: Map<number, number>;
  /** Ends a running request as if its client had left; resolves when it is over. */
  readonly running: Set<() => Promise<void>>;
}

export function createState(settings: SimulatorSettings): SimulatorState {
  const stats = createStats();
  const loads = createLoadLog();
  const state: SimulatorState = {
    settings,
    initialSettings: settings,
    stats,
    requests: createRequestLog(),
    loads,
    scheduler: createScheduler(() => state.settings, stats, loads),
    faults: createFaultList(),
    scripts: createScriptList(),
    gate: createGate(stats),
    pacer: createPacer(),
    blobs: createBlobStore(stats),
    cancelledPulls: new Set(),
    attempts: new Map(),
    running: new Set(),
  };
  return state;
}

/** Back to the start: running requests are ended, models unloaded, pulls and deletions undone, scripts, faults, holds, records and counters gone. */
export async function resetState(state: SimulatorState): Promise<void> {
  state.scripts.clear();
  state.faults.clear();
  await Promise.all([...state.running].map((end) => end()));
  state.gate.release();
  state.scheduler.clear();
  state.attempts.clear();
  state.blobs.clear();
  state.cancelledPulls.clear();
  state.requests.clear();
  state.loads.clear();
  state.settings = state.initialSettings;
  state.stats.reset();
}
