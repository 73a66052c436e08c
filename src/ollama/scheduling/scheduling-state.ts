import { RecentMap } from '../../common/recent-map';
import { FairShares } from './fair-shares';
import { Habits } from './habits';
import { ModelSpeeds } from './model-speeds';
import { ServerState } from './server-state';
import { type WaitingCall, WaitingCalls } from './waiting-calls';

/** What loading a model takes, in milliseconds, while it was not seen. */
const GUESSED_LOAD_MS = 2_000;

/** Models that are remembered: clients may ask for any name. */
const MAX_MODELS = 1_000;

export interface SchedulingOptions {
  /** Calls in flight at each server. */
  readonly slots: number;
  /** SCHEDULER_MAX_WAIT_SECONDS in milliseconds. */
  readonly maxWaitMs: number;
}

/** A call and the server that is to take it. */
export interface Choice {
  readonly call: WaitingCall;
  readonly server: ServerState;
}

/** All that is known when a call is chosen, and what follows from it at once. */
export class SchedulingState {
  readonly waiting = new WaitingCalls();
  readonly servers: readonly ServerState[];
  readonly speeds = new ModelSpeeds();
  readonly shares = new FairShares();
  readonly habits = new Habits();
  /** When a call for a model last began or ended anywhere. */
  readonly servedAt = new RecentMap<string, number>(MAX_MODELS);
  /** Tokens of the last prompt of each conversation that may come back, with its answer. */
  readonly promptTokens = new Map<string, number>();

  constructor(
    addresses: readonly string[],
    readonly options: SchedulingOptions,
  ) {
    this.servers = addresses.map((address) => new ServerState(address, options.slots));
  }

  /**
   * Servers that may take calls for a model: those that are up and have it, else those that may have it. All, when nobody seems to
   * have it or none is up: so the call tells what is wrong.
   */
  serversFor(model: string): readonly ServerState[] {
    const known = this.servers.filter((server) => server.has(model));
    const possible = known.length > 0 ? known : this.servers.filter((server) => server.mayHave(model));
    const candidates = possible.length > 0 ? possible : this.servers;
    const up = candidates.filter(({ isUp }) => isUp);
    return up.length > 0 ? up : candidates;
  }

  /** Servers that are up; all, when none is. */
  serversAtWork(): readonly ServerState[] {
    const up = this.servers.filter(({ isUp }) => isUp);
    return up.length > 0 ? up : this.servers;
  }

  /** Whether a call goes before others for its model because its prompt is in a cache, and has not done so for too long. */
  isFirst(
    server: ServerState,
    { model, conversation }: Pick<WaitingCall, 'model' | 'conversation'>,
    now: number,
  ): boolean {
    const since = server.warmSince(model, conversation);
    return since !== null && now - since < this.patienceFor(model);
  }

  /** Who had least of the machine, then who came first. */
  isBefore(one: WaitingCall, other: WaitingCall): boolean {
    const difference = this.shares.timeOf(one.user) - this.shares.timeOf(other.user);
    return difference === 0 ? one.id < other.id : difference < 0;
  }

  /** Of the calls that wait for a model the one that goes first, wherever prompts are in caches. */
  bestOf(model: string): WaitingCall {
    let best: WaitingCall | null = null;
    for (const call of this.waiting.of(model)) {
      best = best === null || this.isBefore(call, best) ? call : best;
    }
    if (best === null) {
      throw new Error('No call waits for this model.');
    }
    return best;
  }

  /** Milliseconds that loading a model takes, about. */
  loadMsOf(model: string): number {
    return this.speeds.of(model).loadMs ?? GUESSED_LOAD_MS;
  }

  /** Milliseconds that calls for a model wait at most for others that go first. */
  patienceFor(model: string): number {
    const { maxWaitMs } = this.options;
    return this.waiting.hasUrgent(model) ? maxWaitMs / 4 : maxWaitMs;
  }
}
