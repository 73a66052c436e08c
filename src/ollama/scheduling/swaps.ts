import { type Choice, type SchedulingState } from './scheduling-state';
import { type ServerState } from './server-state';

/** What a call takes, in milliseconds, while none was seen. */
const GUESSED_CALL_MS = 2_000;

/**
 * How many calls' time before a model is due a server begins no more for others: those in flight may take longer than usual, and
 * who asked has waited since before the call came here.
 */
const CALLS_EARLY = 2;

/** When a server has to begin to make room for a model. */
interface DueTime {
  readonly model: string;
  readonly server: ServerState;
  readonly at: number;
}

/** Decides when a model is loaded though others have to leave for it, and where. */
export class Swaps {
  constructor(private readonly state: SchedulingState) {}

  /** A call whose model has to be loaded first, and a server where that may happen now. */
  next(now: number): Choice | null {
    const models = [...this.state.waiting.models()]
      .map((model) => ({ model, call: this.state.bestOf(model) }))
      .toSorted((one, other) => (this.state.isBefore(one.call, other.call) ? -1 : 1));
    for (const { model, call } of models) {
      const server = this.serverToLoad(model, now);
      if (server) {
        return { call, server };
      }
    }
    return null;
  }

  private serverToLoad(model: string, now: number): ServerState | null {
    const candidates = this.state.serversFor(model);
    const isElsewhere = candidates.some(({ loaded }) => loaded.has(model));
    const isExpected = candidates.some(({ yieldingTo }) => yieldingTo === model);
    const possible = candidates.filter(
      (server) =>
        server.freeSlots > 0 &&
        !server.loaded.has(model) &&
        (server.yieldingTo === model || (server.yieldingTo === null && !isExpected)) &&
        this.canLoad(server, model) &&
        (!isElsewhere || server.yieldingTo === model || this.isWorthLoading(model, candidates, now)),
    );
    const [best] = possible.toSorted(
      (one, other) =>
        Number(other.yieldingTo === model) - Number(one.yieldingTo === model) ||
        Number(other.fitsBeside(model)) - Number(one.fitsBeside(model)) ||
        one.loaded.size - other.loaded.size ||
        one.swappedAt - other.swappedAt,
    );
    return best ?? null;
  }

  /** What is at work, or about to come back, is not pushed out of memory. */
  private canLoad(server: ServerState, model: string): boolean {
    if (server.fitsBeside(model)) {
      return true;
    }
    if (server.atWork.size > 0) {
      return false;
    }
    if (server.yieldingTo === model) {
      return true;
    }
    return ![...server.returning.values()].some(
      ({ model: last, user }) => server.loaded.has(last) && this.state.habits.comesBack(user),
    );
  }

  /** Whether calls for a model that is loaded at some servers wait so long that one more server with it gains time. */
  private isWorthLoading(model: string, candidates: readonly ServerState[], now: number): boolean {
    const slots = candidates
      .filter(({ loaded }) => loaded.has(model))
      .reduce((sum, server) => sum + server.slots, 0);
    const callMs = this.state.speeds.of(model).callMs ?? GUESSED_CALL_MS;
    const oldest = this.state.waiting.oldestOf(model) ?? now;
    const loadMs = this.state.loadMsOf(model);
    return (this.state.waiting.countOf(model) * callMs) / slots > 2 * loadMs || now - oldest >= loadMs;
  }

  /** Lets a server make room for a model whose calls have waited long enough. */
  giveWay(now: number): void {
    for (const server of this.state.servers) {
      if (server.yieldingTo !== null && !this.isMissed(server.yieldingTo)) {
        server.yieldingTo = null;
      }
    }
    for (const { model, server } of this.due(now)) {
      const isExpected = this.state.servers.some(({ yieldingTo }) => yieldingTo === model);
      if (!isExpected && server.yieldingTo === null && this.mayGiveWay(server, model, now)) {
        server.yieldingTo = model;
      }
    }
  }

  /**
   * Models that servers have to make room for now. Where one has to, another model that would be due while the first is loaded goes
   * before it if its user has had less of the machine.
   */
  private due(now: number): DueTime[] {
    const times = this.dueTimes();
    const servers = new Set(times.filter(({ at }) => at <= now).map(({ server }) => server));
    const hadBy = (model: string) => this.state.shares.timeOf(this.state.bestOf(model).user);
    return times
      .filter(({ model, server, at }) => {
        const busyMs = this.state.loadMsOf(model) + this.drainMsOf(server);
        return servers.has(server) && at <= now + busyMs;
      })
      .map((due) => ({ ...due, had: hadBy(due.model) }))
      .toSorted(
        (one, other) =>
          one.had - other.had || one.at - other.at || one.server.atWork.size - other.server.atWork.size,
      );
  }

  /** Whether calls wait for a model that is loaded nowhere. */
  private isMissed(model: string): boolean {
    return (
      this.state.waiting.countOf(model) > 0 &&
      !this.state.servers.some(({ isUp, loaded }) => isUp && loaded.has(model))
    );
  }

  /** When each server has to begin to make room for each model that is loaded nowhere, if nothing happens until then. */
  dueTimes(): DueTime[] {
    return [...this.state.waiting.models()].flatMap((model) => {
      const candidates = this.state.serversFor(model);
      const oldest = this.state.waiting.oldestOf(model);
      if (oldest === null || candidates.some(({ loaded }) => loaded.has(model))) {
        return [];
      }
      const since = Math.max(oldest, this.state.servedAt.get(model) ?? oldest);
      return candidates.map((server) => ({
        model,
        server,
        at: since + this.patienceOf(server, model),
      }));
    });
  }

  /**
   * Milliseconds for which a server begins calls for its own models while one that is loaded nowhere waits. What is loaded elsewhere
   * too makes room soon.
   */
  private patienceOf(server: ServerState, model: string): number {
    const longest = this.state.patienceFor(model);
    const patience = this.isSpare(server) ? Math.min(this.state.loadMsOf(model), longest) : longest;
    return patience - Math.min(CALLS_EARLY * this.drainMsOf(server), patience / 2);
  }

  /** Milliseconds until what is in flight has ended, about. */
  private drainMsOf(server: ServerState): number {
    return [...server.loaded.keys()].reduce(
      (longest, model) => Math.max(longest, this.state.speeds.of(model).callMs ?? 0),
      0,
    );
  }

  /** Whether all that a server has loaded is loaded elsewhere, too. */
  private isSpare(server: ServerState): boolean {
    return [...server.loaded.keys()].every((model) =>
      this.state.servers.some((other) => other !== server && other.isUp && other.loaded.has(model)),
    );
  }

  /**
   * What was loaded lately stays for half of the longest wait, so that many models in turn do not push each other out at every
   * call; but not before a user who has had less of the machine.
   */
  private mayGiveWay(server: ServerState, model: string, now: number): boolean {
    const stay = this.isSpare(server) ? this.state.loadMsOf(model) : this.state.options.maxWaitMs / 2;
    if (now - server.swappedAt >= stay) {
      return true;
    }
    const had = this.state.shares.timeOf(this.state.bestOf(model).user);
    return this.usersOf(server).every((user) => this.state.shares.timeOf(user) > had);
  }

  /** Who uses what is loaded at a server, those included whose next call may come any moment. */
  private usersOf(server: ServerState): string[] {
    const atWork = [...server.atWork.values()].map(({ call }) => call.user);
    const waiting = [...server.loaded.keys()].flatMap((model) =>
      [...this.state.waiting.of(model)].map(({ user }) => user),
    );
    const returning = [...server.returning.values()].map(({ user }) => user);
    return [...new Set([...atWork, ...waiting, ...returning])];
  }
}
