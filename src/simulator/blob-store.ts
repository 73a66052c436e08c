import { Download, SharedDownload, startDownload } from './download';
import { Layer } from './layers';
import { Stats } from './stats';

/** How quickly a blob comes. */
export interface DownloadPace {
  /** 0 = at once. */
  bytesPerSecond: number;
  tickMs: number;
}

/** Blobs that belong to no installed model yet: those being downloaded, and what earlier pulls left of them. */
export interface BlobStore {
  /** Takes part in the download of the blob: it begins, goes on from what is there, or is shared. The pace is that of who began. */
  join(layer: Layer, pace: DownloadPace, limit: number): Download;
  isComplete(layer: Layer): boolean;
  /** Forgets what is there: it was wrong, or it belongs to an installed model now. */
  forget(layers: readonly Layer[]): void;
  clear(): void;
}

/** A larger blob comes in several ranges; negotiating them takes longer than a tick, so its first line has no bytes yet. */
const RANGE_BYTES = 100_000_000;
const WARM_UP_TICKS = 1.5;

export function createBlobStore(stats: Stats): BlobStore {
  const kept = new Map<string, number>();
  const running = new Map<string, SharedDownload>();

  return {
    join({ digest, bytes: total }, { bytesPerSecond, tickMs }, limit) {
      let shared = running.get(digest);
      if (!shared) {
        shared = startDownload({
          total,
          have: kept.get(digest) ?? 0,
          bytesPerSecond,
          warmUpMs: total > RANGE_BYTES ? WARM_UP_TICKS * tickMs : 0,
          received: (bytes) => stats.update((values) => (values.bytesPulled += bytes)),
          abandoned: (have) => {
            running.delete(digest);
            kept.set(digest, have);
          },
        });
        running.set(digest, shared);
      }
      return shared.join(limit);
    },
    isComplete: ({ digest, bytes }) => kept.get(digest) === bytes,
    forget: (layers) => layers.forEach(({ digest }) => kept.delete(digest)),
    clear: () => kept.clear(),
  };
}
