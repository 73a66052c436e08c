import { type Priority } from '../priority';

/** A call to a model that waits for a slot of a server. Times are milliseconds of one clock. */
export interface WaitingCall {
  readonly id: number;
  /** In full, so that spellings of one model are one. */
  readonly model: string;
  /** Who shares the machine with others: an experiment, or a client that belongs to none. */
  readonly user: string;
  /** Null for a call that belongs to no conversation. */
  readonly conversation: string | null;
  readonly priority: Priority;
  readonly queuedAt: number;
}

/** The calls that wait, by model, in the order in which they came. */
export class WaitingCalls {
  private readonly byModel = new Map<string, Map<number, WaitingCall>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(call: WaitingCall): void {
    const calls = this.byModel.get(call.model) ?? new Map<number, WaitingCall>();
    this.byModel.set(call.model, calls.set(call.id, call));
    this.count += 1;
  }

  remove(call: WaitingCall): void {
    const calls = this.byModel.get(call.model);
    if (calls?.delete(call.id)) {
      this.count -= 1;
      if (calls.size === 0) {
        this.byModel.delete(call.model);
      }
    }
  }

  /** Models for which calls wait. */
  models(): IterableIterator<string> {
    return this.byModel.keys();
  }

  /** Those for a model, oldest first. */
  of(model: string): Iterable<WaitingCall> {
    return this.byModel.get(model)?.values() ?? [];
  }

  countOf(model: string): number {
    return this.byModel.get(model)?.size ?? 0;
  }

  /** Since when the oldest call for a model waits; null when none does. */
  oldestOf(model: string): number | null {
    const [oldest] = this.of(model);
    return oldest?.queuedAt ?? null;
  }

  hasUrgent(model: string): boolean {
    for (const { priority } of this.of(model)) {
      if (priority === 'high') {
        return true;
      }
    }
    return false;
  }

  *all(): Generator<WaitingCall> {
    for (const calls of this.byModel.values()) {
      yield* calls.values();
    }
  }
}
