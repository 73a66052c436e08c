import { waitFor } from './timing';

/** What a download of a blob needs to know. */
export interface DownloadPlan {
  total: number;
  /** What is there from earlier. */
  have: number;
  /** 0 = at once. */
  bytesPerSecond: number;
  /** How long no byte comes at first. */
  warmUpMs: number;
  /** Told of the bytes that came. */
  received(bytes: number): void;
  /** Told when nobody is left who wants the blob, with what is there by then. */
  abandoned(have: number): void;
}

/** The part of one pull in the download of a blob. */
export interface Download {
  completed(): number;
  /** No byte comes beyond this place until another is set; below what is there already it stops the download. */
  limitTo(bytes: number): void;
  /** Waits until that many bytes are there, but no longer than that. */
  wait(until: number, ms: number, signal: AbortSignal): Promise<void>;
  /** Loses the last bytes, as when a range fails. */
  rollBack(bytes: number): void;
  /** Gives the part up; without any, the download ends. */
  leave(): void;
}

/** The download of one blob. All pulls that want the blob share it, and the lowest limit holds for all. */
export interface SharedDownload {
  join(limit: number): Download;
}

export function startDownload(plan: DownloadPlan): SharedDownload {
  const { total, bytesPerSecond } = plan;
  const limits = new Map<Download, number>();
  const waiting = new Set<() => void>();
  let bytes = plan.have;
  let since = performance.now() + plan.warmUpMs;

  /** Without anyone who wants it nothing comes. */
  const ceiling = (): number =>
    limits.size === 0 ? bytes : Math.max(bytes, Math.min(total, ...limits.values()));
  const msFor = (more: number): number => (bytesPerSecond === 0 ? 0 : (more * 1000) / bytesPerSecond);

  /** Nothing runs while bytes flow: what came since the last look is worked out from the clock. */
  const settle = (): void => {
    const now = performance.now();
    if (now < since) {
      return;
    }
    const reach = bytesPerSecond === 0 ? total : bytes + ((now - since) * bytesPerSecond) / 1000;
    const arrived = Math.min(reach, ceiling());
    const news = Math.floor(arrived) - Math.floor(bytes);
    bytes = arrived;
    since = now;
    if (news > 0) {
      plan.received(news);
    }
  };
  const changeLimits = (change: () => void): void => {
    settle();
    change();
    [...waiting].forEach((wake) => wake());
  };
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    waitFor(signal, (done) => {
      const undo = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
      };
      const wake = (): void => {
        undo();
        done();
      };
      const timer = setTimeout(wake, ms);
      waiting.add(wake);
      return undo;
    });

  return {
    join(limit) {
      const download: Download = {
        completed() {
          settle();
          return Math.floor(bytes);
        },
        limitTo: (place) => changeLimits(() => limits.set(download, place)),
        async wait(until, ms, signal) {
          const deadline = performance.now() + ms;
          for (;;) {
            settle();
            const now = performance.now();
            if (bytes >= until || now >= deadline) {
              return;
            }
            const due = ceiling() < until ? Infinity : Math.max(now, since) + msFor(until - bytes);
            await pause(Math.min(due, deadline) - now, signal);
          }
        },
        rollBack(lost) {
          settle();
          bytes = Math.max(0, bytes - lost);
        },
        leave() {
          changeLimits(() => limits.delete(download));
          if (limits.size === 0) {
            plan.abandoned(Math.floor(bytes));
          }
        },
      };
      changeLimits(() => limits.set(download, limit));
      return download;
    },
  };
}
