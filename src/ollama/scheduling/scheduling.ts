import { type CallMeasures } from './model-speeds';
import { ReadyCalls } from './ready-calls';
import { type Choice, type SchedulingOptions, SchedulingState } from './scheduling-state';
import { type CallAtWork, type ServerState } from './server-state';
import { Swaps } from './swaps';
import { type WaitingCall } from './waiting-calls';

/** Milliseconds for which a place is kept for a conversation whose next call may come any moment. */
const LINGER_MS = 50;

/** Conversations side by side when their models push each other out: the more, the more calls one load serves. */
const SWAPPING_CONVERSATIONS = 64;

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
  readonly state: SchedulingState;
  private readonly ready: ReadyCalls;
  private readonly swaps: Swaps;

  constructor(addresses: readonly string[], options: SchedulingOptions) {
    this.state = new SchedulingState(addresses, options);
    this.ready = new ReadyCalls(this.state);
    this.swaps = new Swaps(this.state);
  }

  enqueue(call: WaitingCall, now: number): void {
    this.state.waiting.add(call);
    this.state.shares.enter(call.user, now);
    for (const { returning } of this.state.servers) {
      const left = call.conversation === null ? undefined : returning.get(call.conversation);
      if (left) {
        returning.delete(call.conversation ?? '');
        this.state.habits.learn(call.user, left.model === call.model);
      }
    }
  }

  /** Takes a call out of the queue. */
  cancel(call: WaitingCall, now: number): void {
    this.state.waiting.remove(call);
    this.state.shares.leave(call.user, call.priority, 0, now);
  }

  /** Lets all calls go that may go now. */
  start(now: number): StartedCall[] {
    const started: StartedCall[] = [];
    this.state.servers.forEach((server) => server.expect(now, LINGER_MS));
    while (this.state.waiting.size > 0 && this.state.servers.some(({ freeSlots }) => freeSlots > 0)) {
      this.swaps.giveWay(now);
      const next = this.ready.next(now) ?? this.swaps.next(now);
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
    this.state.servedAt.set(call.model, now);
    this.state.shares.leave(call.user, call.priority, now - work.startedAt, now);
    if (measures !== null) {
      this.state.speeds.learn(call.model, measures, work);
      if (call.conversation !== null) {
        this.state.promptTokens.set(call.conversation, measures.promptTokens + measures.completionTokens);
      }
    }
    return work;
  }

  /** A conversation is over or left: nothing is kept for it. */
  forget(conversation: string): void {
    this.state.promptTokens.delete(conversation);
    this.state.servers.forEach((server) => server.forget(conversation));
  }

  /** When `start` is to be asked again though nothing has happened; null = when something has. */
  wakeAt(now: number): number | null {
    if (this.state.waiting.size === 0) {
      return null;
    }
    const times: number[] = [];
    for (const { returning } of this.state.servers) {
      for (const { at } of returning.values()) {
        times.push(at + LINGER_MS);
      }
    }
    for (const { model, server, at } of this.swaps.dueTimes()) {
      times.push(
        at,
        server.swappedAt + this.state.loadMsOf(model),
        server.swappedAt + this.state.options.maxWaitMs / 2,
      );
    }
    const later = times.filter((time) => time > now);
    return later.length === 0 ? null : later.reduce((first, time) => Math.min(first, time));
  }

  /** How many conversations between agents with these models are worth having open side by side. */
  conversationsFor(models: readonly string[]): number {
    const slots = this.state.serversAtWork().reduce((sum, server) => sum + server.slots, 0);
    return this.fitTogether(models) ? slots : Math.max(slots, SWAPPING_CONVERSATIONS);
  }

  /** Whether these models are known to fit into the memory of each server together. */
  fitTogether(models: readonly string[]): boolean {
    return this.state.serversAtWork().every(({ memory }) => memory.fits(models));
  }

  private begin({ call, server }: Choice, now: number): StartedCall {
    this.state.waiting.remove(call);
    this.state.shares.serve(call.user);
    this.state.servedAt.set(call.model, now);
    const since = server.warmSince(call.model, call.conversation);
    const streakFrom = since !== null && this.state.isFirst(server, call, now) ? since : now;
    const { isLoad } = server.begin(call, now, streakFrom);
    return { call, server, isLoad };
  }
}
