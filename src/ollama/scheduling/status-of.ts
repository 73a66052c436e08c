import { type ExperimentUse } from '../model-use';
import { type LoadCounts } from './load-counts';
import {
  type ScheduledExperiment,
  type ScheduledModel,
  type SchedulerStatus,
  type SchedulerWarning,
} from './scheduler-status.dto';
import { type Scheduling } from './scheduling';
import { type SlotWatches } from './slot-watch';
import { type WaitingCall } from './waiting-calls';

/** All that the status is made of. */
export interface StatusSource {
  readonly scheduling: Scheduling;
  readonly loads: LoadCounts;
  readonly slots: SlotWatches;
  readonly experiments: ReadonlyMap<string, ExperimentUse>;
  readonly maxWaitSeconds: number;
  readonly computedMs: number;
  readonly now: number;
}

/** Calls that wait and that are at work, for one model or one user. */
interface Counts {
  waiting: number;
  inFlight: number;
}

export function statusOf(source: StatusSource): SchedulerStatus {
  const { scheduling, loads, maxWaitSeconds, computedMs } = source;
  const { servers, waiting } = scheduling.state;
  const atWork = servers.flatMap((server) => [...server.atWork.values()].map(({ call }) => call));
  return {
    slots: servers.reduce((sum, server) => sum + server.slots, 0),
    in_flight: atWork.length,
    waiting: waiting.size,
    max_wait_seconds: maxWaitSeconds,
    scheduling_ms: Math.round(computedMs * 100) / 100,
    loads: { made: loads.made, saved: loads.saved },
    models: modelsOf(source, atWork),
    servers: servers.map((server) => ({
      address: server.address,
      is_up: server.isUp,
      slots: server.slots,
      in_flight: server.atWork.size,
      loaded_models: [...server.loaded.keys()].toSorted(),
      making_room_for: server.yieldingTo,
    })),
    experiments: experimentsOf(source, atWork),
    warnings: warningsOf(source),
  };
}

/** Models for which calls wait or are at work, or that are loaded. */
function modelsOf(
  { scheduling, loads, now }: StatusSource,
  atWork: readonly WaitingCall[],
): ScheduledModel[] {
  const { servers, waiting, speeds } = scheduling.state;
  const names = new Set([
    ...waiting.models(),
    ...atWork.map(({ model }) => model),
    ...servers.flatMap(({ loaded }) => [...loaded.keys()]),
  ]);
  return [...names].toSorted().map((model) => {
    const { tokensPerSecond, promptTokensPerSecond, loadMs } = speeds.of(model);
    const oldest = waiting.oldestOf(model);
    return {
      model,
      waiting: waiting.countOf(model),
      in_flight: atWork.filter((call) => call.model === model).length,
      oldest_wait_seconds: oldest === null ? null : rounded((now - oldest) / 1000),
      loaded_on: servers.filter(({ loaded }) => loaded.has(model)).map(({ address }) => address),
      loads: loads.of(model),
      tokens_per_second: rounded(tokensPerSecond),
      prompt_tokens_per_second: rounded(promptTokensPerSecond),
      load_seconds: loadMs === null ? null : rounded(loadMs / 1000),
    };
  });
}

function experimentsOf(
  { scheduling, experiments }: StatusSource,
  atWork: readonly WaitingCall[],
): ScheduledExperiment[] {
  const counts = new Map<string, Counts>();
  const countOf = (user: string): Counts => {
    const known = counts.get(user) ?? { waiting: 0, inFlight: 0 };
    counts.set(user, known);
    return known;
  };
  for (const { user } of scheduling.state.waiting.all()) {
    countOf(user).waiting += 1;
  }
  for (const { user } of atWork) {
    countOf(user).inFlight += 1;
  }
  return [...experiments].map(([id, { priority, etaSeconds }]) => ({
    experiment_id: id,
    priority,
    waiting: countOf(id).waiting,
    in_flight: countOf(id).inFlight,
    eta_seconds: etaSeconds(),
  }));
}

function warningsOf({ scheduling, slots }: StatusSource): SchedulerWarning[] {
  const promised = scheduling.state.servers[0]?.slots ?? 1;
  return slots.fewer().map(({ server, model, observed }) => ({
    code: 'FEWER_SLOTS',
    server,
    model,
    message: `Calls for ${model} wait inside Ollama: of the ${promised} slots that OLLAMA_NUM_PARALLEL promises about ${observed} seem to be there, or others use them. Give both the same value.`,
  }));
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
