import { type Priority } from '../priority';

/** How much of the machine each priority gets beside the others. */
const WEIGHTS: Readonly<Record<Priority, number>> = { low: 1, normal: 4, high: 16 };

/** Milliseconds without a call after which a user has no claim from before: who comes back does not make up for its absence. */
const IDLE_MS = 10_000;

interface Share {
  /** Milliseconds of service, divided by the weight. */
  time: number;
  active: number;
  lastActiveAt: number;
}

/**
 * Who has had how much of the machine (fair queueing by virtual time): of several users the one that had least, weighted by
 * priority, goes first. A new one begins level with those that are at work.
 */
export class FairShares {
  private readonly shares = new Map<string, Share>();
  /** Virtual time of the user that was served last. */
  private level = 0;

  /** Weighted milliseconds that a user has had; the smaller, the sooner it goes. */
  timeOf(user: string): number {
    return this.shares.get(user)?.time ?? this.level;
  }

  /** A call of the user waits from now on. */
  enter(user: string, now: number): void {
    const share = this.shares.get(user);
    if (!share) {
      this.shares.set(user, { time: this.level, active: 1, lastActiveAt: now });
      return;
    }
    if (share.active === 0 && now - share.lastActiveAt > IDLE_MS) {
      share.time = Math.max(share.time, this.level);
    }
    share.active += 1;
  }

  /** A call of the user is let go. */
  serve(user: string): void {
    this.level = Math.max(this.level, this.timeOf(user));
  }

  /** A call of the user has ended, or left the queue, after so much service. */
  leave(user: string, priority: Priority, servedMs: number, now: number): void {
    const share = this.shares.get(user);
    if (share) {
      share.time += servedMs / WEIGHTS[priority];
      share.active -= 1;
      share.lastActiveAt = now;
      this.forgetIdle(now);
    }
  }

  private forgetIdle(now: number): void {
    for (const [user, { active, lastActiveAt }] of this.shares) {
      if (active === 0 && now - lastActiveAt > IDLE_MS) {
        this.shares.delete(user);
      }
    }
  }
}
