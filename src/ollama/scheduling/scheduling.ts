import { FairShares } from './fair-shares';
import { Habits } from './habits';
import { type CallMeasures, ModelSpeeds } from './model-speeds';
import { type CallAtWork, ServerState } from './server-state';
import { type WaitingCall, WaitingCalls } from './waiting-calls';

/** Milliseconds for which a place is kept for a conversation whose next call may come any moment. */
export const LINGER_MS = 50;

/** Conversations side by side when their models push each other out: the more, the more calls one load serves. */
const SWAPPING_CONVERSATIONS = 64;

/** What loading a model and a call take, in milliseconds, while it was not seen. */
const GUESSED_LOAD_MS = 2_000;
const GUESSED_CALL_MS = 2_000;

export interface SchedulingOptions {
  /** Calls in flight at each server. */
  readonly slots: number;
  /** SCHEDULER_MAX_WAIT_SECONDS in milliseconds. */
  readonly maxWaitMs: number;
}

/** A call that is to be made now. */
export interface StartedCall {
  readonly call: WaitingCall;
  readonly server: ServerState;
  readonly isLoad: boolean;
}

/** How a call ended. */
export interface CallOutcome {
  /** Null when Ollama told nothing. */
  readonly measures: CallMeasures | null;
  /** Whether it broke off. */
  readonly failed: boolean;
}

/**
 * Decides which call goes next and to which server; `docs/scheduling.md` explains it. Plain and without a clock: every step is
 * told the time, in milliseconds.
 */
export class Scheduling {
  readonly waiting = new WaitingCalls();
  readonly servers: readonly ServerState[];
  readonly speeds = new ModelSpeeds();
  private readonly shares = new FairShares();
  /** When a call for a model last began or ended anywhere. */
  private readonly servedAt = new Map<string, number>();
  private readonly habits = new Habits();
  /** Tokens of the last prompt of each conversation that may come back. */
  private readonly promptTokens = new Map<string, number>();

  constructor(
    addresses: readonly string[],
    private readonly options: SchedulingOptions,
  ) {
    this.servers = addresses.map((address) => new ServerState(address, options.slots));
  }

  enqueue(call: WaitingCall, now: number): void {
    this.waiting.add(call);
    this.shares.enter(call.user, now);
    for (const { returning } of this.servers) {
      const left = call.conversation === null ? undefined : returning.get(call.conversation);
      if (left) {
        returning.delete(call.conversation ?? '');
        this.habits.learn(call.user, left.model === call.model);
      }
    }
  }

  /** Takes a call out of the queue. */
  cancel(call: WaitingCall, now: number): void {
    this.waiting.remove(call);
    this.shares.leave(call.user, call.priority, 0, now);
  }

  /** Lets all calls go that may go now. */
  start(now: number): StartedCall[] {
    const started: StartedCall[] = [];
    this.servers.forEach((server) => server.expect(now, LINGER_MS));
    while (this.waiting.size > 0 && this.servers.some(({ freeSlots }) => freeSlots > 0)) {
      this.giveWay(now);
      const next = this.next(now);
      if (next === null) {
        break;
      }
      started.push(this.begin(next, now));
    }
    return started;
  }

  /** Ends a call that was let go. @returns what it was */
  finish({ call, server }: StartedCall, { measures, failed }: CallOutcome, now: number): CallAtWork | null {
    const work = server.atWork.get(call.id);
    if (!work) {
      return null;
    }
    server.end(call, now, !failed);
    this.servedAt.set(call.model, now);
    this.shares.leave(call.user, call.priority, now - work.startedAt, now);
    if (measures !== null) {
      this.speeds.learn(call.model, measures, work);
      if (call.conversation !== null) {
        this.promptTokens.set(call.conversation, measures.promptTokens + measures.completionTokens);
      }
    }
    return work;
  }

  /** A conversation is over or left: nothing is kept for it. */
  forget(conversation: string): void {
    this.promptTokens.delete(conversation);
    this.servers.forEach((server) => server.forget(conversation));
  }

  /** When `start` is to be asked again though nothing has happened; null = when something has. */
  wakeAt(now: number): number | null {
    if (this.waiting.size === 0) {
      return null;
    }
    const times: number[] = [];
    for (const { returning } of this.servers) {
      for (const { at } of returning.values()) {
        times.push(at + LINGER_MS);
      }
    }
    for (const { model, server, at } of this.dueTimes()) {
      times.push(at, server.swappedAt + this.loadMsOf(model), server.swappedAt + this.options.maxWaitMs / 2);
    }
    const later = times.filter((time) => time > now);
    return later.length === 0 ? null : later.reduce((first, time) => Math.min(first, time));
  }

  /** Servers that may take calls for a model: those that are up and have it; all, when none of them is up. */
  serversFor(model: string): readonly ServerState[] {
    const having = this.servers.filter((server) => server.has(model));
    const candidates = having.length > 0 ? having : this.servers;
    const up = candidates.filter(({ isUp }) => isUp);
    return up.length > 0 ? up : candidates;
  }

  /** How many conversations between agents with these models are worth having open side by side. */
  conversationsFor(models: readonly string[]): number {
    const slots = this.serversAtWork().reduce((sum, server) => sum + server.slots, 0);
    return this.fitTogether(models) ? slots : Math.max(slots, SWAPPING_CONVERSATIONS);
  }

  /** Whether these models are known to fit into the memory of each server together. */
  fitTogether(models: readonly string[]): boolean {
    return this.serversAtWork().every(({ memory }) => memory.fits(models));
  }

  /** Servers that are up; all, when none is. */
  private serversAtWork(): readonly ServerState[] {
    const up = this.servers.filter(({ isUp }) => isUp);
    return up.length > 0 ? up : this.servers;
  }

  private begin({ call, server }: Choice, now: number): StartedCall {
    this.waiting.remove(call);
    this.shares.serve(call.user);
    this.servedAt.set(call.model, now);
    const since = server.warmSince(call.model, call.conversation);
    const streakFrom = since !== null && this.isFirst(server, call, now) ? since : now;
    const { isLoad } = server.begin(call, now, streakFrom);
    return { call, server, isLoad };
  }

  private next(now: number): Choice | null {
    return this.nextReady(now) ?? this.nextLoad(now);
  }

  /** A call whose model is loaded, at the least busy server that can take one. */
  private nextReady(now: number): Choice | null {
    const inOrder = this.servers
      .filter(({ freeSlots }) => freeSlots > 0)
      .toSorted((one, other) => other.freeSlots - one.freeSlots);
    for (const server of inOrder) {
      const call = this.bestReady(server, now);
      if (call) {
        return { call, server };
      }
    }
    return null;
  }

  private bestReady(server: ServerState, now: number): WaitingCall | null {
    let best: WaitingCall | null = null;
    let isBestFirst = false;
    const hasRoom = server.freeSlots > this.keptFor(server, now);
    for (const model of this.readyModels(server)) {
      for (const call of this.waiting.of(model)) {
        const isFirst = this.isFirst(server, call, now);
        const isBetter = best === null || (isFirst === isBestFirst ? this.isBefore(call, best) : isFirst);
        if (isBetter && (isFirst || hasRoom)) {
          best = call;
          isBestFirst = isFirst;
        }
      }
    }
    return best;
  }

  /** Models whose calls may begin at a server now without pushing another one out. */
  private readyModels(server: ServerState): string[] {
    return [...this.waiting.models()].filter((model) => {
      const candidates = this.serversFor(model);
      return (
        candidates.includes(server) &&
        (server.yieldingTo === null || server.yieldingTo === model) &&
        (server.loaded.has(model) ||
          (server.fitsBeside(model) && !candidates.some((other) => other.loaded.has(model))))
      );
    });
  }

  /** Whether a call goes before others for its model because its prompt is in a cache, and has not done so for too long. */
  private isFirst(
    server: ServerState,
    { model, conversation }: Pick<WaitingCall, 'model' | 'conversation'>,
    now: number,
  ): boolean {
    const since = server.warmSince(model, conversation);
    return since !== null && now - since < this.patienceFor(model);
  }

  /** Slots that are kept for conversations that are about to come back and would have to read their prompt again. */
  private keptFor(server: ServerState, now: number): number {
    let kept = 0;
    for (const [conversation, { model, user }] of server.returning) {
      if (
        this.habits.comesBack(user) &&
        this.isFirst(server, { model, conversation }, now) &&
        this.isWorthKeeping(model, conversation)
      ) {
        kept += 1;
      }
    }
    return kept;
  }

  private isWorthKeeping(model: string, conversation: string): boolean {
    const { promptTokensPerSecond } = this.speeds.of(model);
    const tokens = this.promptTokens.get(conversation);
    return (
      promptTokensPerSecond === null ||
      tokens === undefined ||
      (tokens * 1000) / promptTokensPerSecond > 2 * LINGER_MS
    );
  }

  /** Who had least of the machine, then who came first. */
  private isBefore(one: WaitingCall, other: WaitingCall): boolean {
    const difference = this.shares.timeOf(one.user) - this.shares.timeOf(other.user);
    return difference === 0 ? one.id < other.id : difference < 0;
  }

  /** A call whose model has to be loaded first, and a server where that may happen now. */
  private nextLoad(now: number): Choice | null {
    const models = [...this.waiting.models()]
      .map((model) => ({ model, call: this.bestOf(model) }))
      .toSorted((one, other) => (this.isBefore(one.call, other.call) ? -1 : 1));
    for (const { model, call } of models) {
      const server = this.serverToLoad(model, now);
      if (server) {
        return { call, server };
      }
    }
    return null;
  }

  private bestOf(model: string): WaitingCall {
    let best: WaitingCall | null = null;
    for (const call of this.waiting.of(model)) {
      best = best === null || this.isBefore(call, best) ? call : best;
    }
    if (best === null) {
      throw new Error('No call waits for this model.');
    }
    return best;
  }

  private serverToLoad(model: string, now: number): ServerState | null {
    const candidates = this.serversFor(model);
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
      ({ model: last, user }) => server.loaded.has(last) && this.habits.comesBack(user),
    );
  }

  /** Whether calls for a model that is loaded at some servers wait so long that one more server with it gains time. */
  private isWorthLoading(model: string, candidates: readonly ServerState[], now: number): boolean {
    const slots = candidates
      .filter(({ loaded }) => loaded.has(model))
      .reduce((sum, server) => sum + server.slots, 0);
    const callMs = this.speeds.of(model).callMs ?? GUESSED_CALL_MS;
    const oldest = this.waiting.oldestOf(model) ?? now;
    const loadMs = this.loadMsOf(model);
    return (this.waiting.countOf(model) * callMs) / slots > 2 * loadMs || now - oldest >= loadMs;
  }

  private loadMsOf(model: string): number {
    return this.speeds.of(model).loadMs ?? GUESSED_LOAD_MS;
  }

  /** Lets a server make room for a model whose calls have waited long enough. */
  private giveWay(now: number): void {
    for (const server of this.servers) {
      if (server.yieldingTo !== null && this.waiting.countOf(server.yieldingTo) === 0) {
        server.yieldingTo = null;
      }
    }
    const due = this.dueTimes()
      .filter(({ at }) => at <= now)
      .toSorted((one, other) => one.at - other.at || one.server.atWork.size - other.server.atWork.size);
    for (const { model, server } of due) {
      const isExpected = this.servers.some(({ yieldingTo }) => yieldingTo === model);
      if (!isExpected && server.yieldingTo === null && this.mayGiveWay(server, model, now)) {
        server.yieldingTo = model;
      }
    }
  }

  /** When each server has to make room for each model that is loaded nowhere, if nothing happens until then. */
  private dueTimes(): { readonly model: string; readonly server: ServerState; readonly at: number }[] {
    return [...this.waiting.models()].flatMap((model) => {
      const candidates = this.serversFor(model);
      const oldest = this.waiting.oldestOf(model);
      if (oldest === null || candidates.some(({ loaded }) => loaded.has(model))) {
        return [];
      }
      const since = Math.max(oldest, this.servedAt.get(model) ?? oldest);
      return candidates.map((server) => ({ model, server, at: since + this.patienceOf(server, model) }));
    });
  }

  /** Milliseconds that a server's own models go before one that waits. What is loaded elsewhere too makes room soon. */
  private patienceOf(server: ServerState, model: string): number {
    const patience = this.patienceFor(model);
    return this.isSpare(server) ? Math.min(this.loadMsOf(model), patience) : patience;
  }

  /** Whether all that a server has loaded is loaded elsewhere, too. */
  private isSpare(server: ServerState): boolean {
    return [...server.loaded.keys()].every((model) =>
      this.servers.some((other) => other !== server && other.isUp && other.loaded.has(model)),
    );
  }

  /**
   * What was loaded lately stays for half of the longest wait, so that many models in turn do not push each other out at every
   * call; but not before a user who has had less of the machine.
   */
  private mayGiveWay(server: ServerState, model: string, now: number): boolean {
    const stay = this.isSpare(server) ? this.loadMsOf(model) : this.options.maxWaitMs / 2;
    if (now - server.swappedAt >= stay) {
      return true;
    }
    const had = this.shares.timeOf(this.bestOf(model).user);
    return this.usersOf(server).every((user) => this.shares.timeOf(user) > had);
  }

  /** Who uses what is loaded at a server. */
  private usersOf(server: ServerState): string[] {
    const atWork = [...server.atWork.values()].map(({ call }) => call.user);
    const waiting = [...server.loaded.keys()].flatMap((model) =>
      [...this.waiting.of(model)].map(({ user }) => user),
    );
    return [...new Set([...atWork, ...waiting])];
  }

  /** Milliseconds that calls for a model wait at most for others that go first. */
  private patienceFor(model: string): number {
    const { maxWaitMs } = this.options;
    return this.waiting.hasUrgent(model) ? maxWaitMs / 4 : maxWaitMs;
  }
}

/** A call and the server that is to take it. */
interface Choice {
  readonly call: WaitingCall;
  readonly server: ServerState;
}
