import { setImmediate as otherWork } from 'node:timers/promises';
import { type StoredEvent } from './event-types';

/** What a transport needs to bring one watcher up to the live end of a stream. */
export interface CatchUp {
  /** Place after which the watcher wants events. */
  readonly after: number;
  /** Events after a place, oldest first. */
  readonly readAfter: (after: number) => Promise<readonly StoredEvent[]>;
  /** Place up to which all live watchers have been served. */
  readonly cursor: () => number;
  /** Whether the watcher is still there. */
  readonly connected: () => boolean;
  /** Sends one event of the backlog to this watcher alone. */
  readonly send: (event: StoredEvent) => void | Promise<void>;
  /** Makes it a live watcher. Must take effect at once: nothing may be delivered between the check and the join. */
  readonly join: () => void;
}

/**
 * Sends a watcher what it missed, then joins it to the live stream: each event once, in order, none left out.
 * Events that are stored but not yet delivered to the live watchers are left to the join.
 */
export async function catchUp(watcher: CatchUp): Promise<void> {
  let at = watcher.after;
  while (watcher.connected()) {
    if (at >= watcher.cursor()) {
      watcher.join();
      return;
    }
    const missed = await watcher.readAfter(at);
    if (missed.length === 0) {
      // The experiment was deleted in the meantime: nothing is left to send.
      at = watcher.cursor();
    }
    for (const event of missed) {
      if (event.seq > watcher.cursor() || !watcher.connected()) {
        break;
      }
      await watcher.send(event);
      at = event.seq;
    }
    // The driver reads without leaving the event loop: a long backlog would keep everybody else waiting.
    await otherWork();
  }
}
