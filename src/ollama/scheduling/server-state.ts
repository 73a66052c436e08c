import { RecentMap } from '../../common/recent-map';
import { MemoryFit } from './memory-fit';
import { type WaitingCall } from './waiting-calls';

/** Models that are remembered as missing: clients may ask for any name. */
const MAX_MISSING = 1_000;

/** A call that a server works on. */
export interface CallAtWork {
  readonly call: WaitingCall;
  readonly startedAt: number;
  /** Whether its model was not loaded when it was let go. */
  readonly isLoad: boolean;
  /** Whether its conversation was not the one whose prompt a slot had last. */
  readonly isCold: boolean;
}

/** A conversation that a server has just worked on, and whose next call may come any moment. */
interface Returning {
  readonly user: string;
  readonly model: string;
  readonly at: number;
}

/** What is known of one server: what it works on, what it has loaded, whose prompts are in its caches. */
export class ServerState {
  readonly memory = new MemoryFit();
  readonly atWork = new Map<number, CallAtWork>();
  /** Loaded models with their bytes, those that are being loaded included; null = not known yet. */
  readonly loaded = new Map<string, number | null>();
  /** Conversations whose last call ended here, by the time of that. */
  readonly returning = new Map<string, Returning>();
  /** False from a failed connection on until it answers, or a call goes well. */
  isUp = true;
  /** The model that is to be loaded next: no calls for others begin meanwhile. */
  yieldingTo: string | null = null;
  /** When the models that are loaded took the place of others. */
  swappedAt = -Infinity;
  /** When the last call was let go. */
  begunAt = -Infinity;
  /** The last load that Ollama's list does not show yet, with what was loaded before it. */
  private lastLoad: { readonly model: string; readonly before: readonly string[] } | null = null;
  /** Models that it has; null = not known, so any. */
  private installed: ReadonlySet<string> | null = null;
  /** Models that it said it does not have. */
  private readonly missing = new RecentMap<string, true>(MAX_MISSING);
  /** Latest conversations of each model with the time since when each goes first, the newest last. */
  private readonly warm = new Map<string, Map<string, number>>();

  constructor(
    readonly address: string,
    readonly slots: number,
  ) {}

  get freeSlots(): number {
    return this.slots - this.atWork.size;
  }

  /** Whether it has a model, as far as is known. */
  has(model: string): boolean {
    return this.mayHave(model) && (this.installed?.has(model) ?? true);
  }

  /** Whether it has not said that it lacks a model: what is known of it may be older than the last pull. */
  mayHave(model: string): boolean {
    return !this.missing.has(model);
  }

  /** The models that it has. */
  sawInstalled(models: ReadonlySet<string>): void {
    this.installed = models;
    this.missing.clear();
  }

  /** Whether a model could be loaded beside those that are. */
  fitsBeside(model: string): boolean {
    return this.memory.fits([...this.loaded.keys(), model]);
  }

  /** Since when the conversation goes first among those of the model; null when its prompt is in no cache. */
  warmSince(model: string, conversation: string | null): number | null {
    return conversation === null ? null : (this.warm.get(model)?.get(conversation) ?? null);
  }

  /** Lets a call go. `streakFrom` = since when its conversation goes first. */
  begin(call: WaitingCall, now: number, streakFrom: number): CallAtWork {
    const isLoad = !this.loaded.has(call.model);
    if (isLoad) {
      this.load(call.model, now);
    }
    this.begunAt = now;
    const atWork = {
      call,
      startedAt: now,
      isLoad,
      isCold: this.warmSince(call.model, call.conversation) === null,
    };
    this.atWork.set(call.id, atWork);
    if (this.yieldingTo === call.model) {
      this.yieldingTo = null;
    }
    this.warmUp(call, streakFrom);
    return atWork;
  }

  /** Ends a call. If it went well its conversation is expected back. */
  end({ id, user, model, conversation }: WaitingCall, now: number, wentWell: boolean): void {
    this.atWork.delete(id);
    if (!wentWell) {
      return;
    }
    this.isUp = true;
    this.missing.delete(model);
    if (conversation !== null) {
      this.returning.set(conversation, { user, model, at: now });
    }
  }

  /** Forgets a conversation that is over. */
  forget(conversation: string): void {
    this.returning.delete(conversation);
    for (const conversations of this.warm.values()) {
      conversations.delete(conversation);
    }
  }

  /** What Ollama says is loaded. A model that is being loaded is not in its list yet. */
  saw(loaded: ReadonlyMap<string, number | null>): void {
    this.memory.saw(loaded);
    if (this.lastLoad && loaded.has(this.lastLoad.model)) {
      const { model, before } = this.lastLoad;
      if (before.some((other) => !loaded.has(other))) {
        this.memory.sawEviction(model, before);
      }
      this.lastLoad = null;
    }
    const loading = [...this.atWork.values()].filter(({ isLoad }) => isLoad).map(({ call }) => call.model);
    const models = new Map(loaded);
    for (const model of loading) {
      if (!models.has(model)) {
        models.set(model, null);
      }
    }
    for (const model of this.loaded.keys()) {
      if (!models.has(model)) {
        this.warm.delete(model);
      }
    }
    this.loaded.clear();
    for (const [model, size] of models) {
      this.loaded.set(model, size);
    }
  }

  /** Drops conversations that did not come back in time. */
  expect(now: number, lingerMs: number): void {
    for (const [conversation, { at }] of this.returning) {
      if (now - at >= lingerMs) {
        this.returning.delete(conversation);
      }
    }
  }

  /** Notes that a model is not there, whatever was known. */
  lacks(model: string): void {
    this.loaded.delete(model);
    this.missing.set(model, true);
  }

  /** The connection failed: nothing is known of it any more. */
  lose(): void {
    this.isUp = false;
    this.lastLoad = null;
    this.yieldingTo = null;
    this.loaded.clear();
    this.returning.clear();
    this.warm.clear();
  }

  /** A model takes its place in memory, and what does not fit beside it leaves. */
  private load(model: string, now: number): void {
    this.lastLoad = { model, before: [...this.loaded.keys()] };
    if (!this.fitsBeside(model)) {
      this.loaded.clear();
      this.warm.clear();
      this.returning.clear();
    }
    this.loaded.set(model, null);
    this.swappedAt = now;
  }

  /** There are as many caches as slots; the conversation that was used longest ago loses its. */
  private warmUp({ model, conversation }: WaitingCall, streakFrom: number): void {
    if (conversation === null) {
      return;
    }
    const conversations = this.warm.get(model) ?? new Map<string, number>();
    this.warm.set(model, conversations);
    conversations.delete(conversation);
    conversations.set(conversation, streakFrom);
    for (const [oldest] of conversations) {
      if (conversations.size <= this.slots) {
        break;
      }
      conversations.delete(oldest);
    }
  }
}
