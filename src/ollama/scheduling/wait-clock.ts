interface Waits {
  waiting: number;
  atWork: number;
  waitedMs: number;
  /** Since when it waits with no call at work; null = it does not. */
  since: number | null;
}

/** How long conversations have waited while none of their calls was at work. Plain: told the time, in milliseconds. */
export class WaitClock {
  private readonly waits = new Map<string, Waits>();

  waitedMs(conversation: string, now: number): number {
    const waits = this.waits.get(conversation);
    return waits ? waits.waitedMs + (waits.since === null ? 0 : now - waits.since) : 0;
  }

  /** A call of the conversation has begun to wait, was let go, or has ended: so many more or fewer wait and are at work. */
  change(conversation: string, waiting: number, atWork: number, now: number): void {
    const waits = this.waits.get(conversation) ?? { waiting: 0, atWork: 0, waitedMs: 0, since: null };
    this.waits.set(conversation, waits);
    if (waits.since !== null) {
      waits.waitedMs += now - waits.since;
    }
    waits.waiting += waiting;
    waits.atWork += atWork;
    waits.since = waits.waiting > 0 && waits.atWork === 0 ? now : null;
  }

  forget(conversation: string): void {
    this.waits.delete(conversation);
  }
}
