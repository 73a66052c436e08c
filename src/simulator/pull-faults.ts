import { Download } from './download';
import { faultOutcome } from './fault-answers';
import { Fault, FaultName } from './faults';
import { JsonObject } from './input';
import { Layer } from './layers';
import { fullName, parseModelName } from './model-names';
import { PullPosition, hasPosition } from './pull-position';
import { Outcome } from './request-log';
import { FaultyStream, HUGE_BYTES, disturbStream } from './stream-faults';
import { sleep } from './timing';

/** A pull in which a fault strikes. */
export interface FaultyPull extends FaultyStream {
  name: string;
  /** False: one object at the end is all that is sent. */
  streams: boolean;
  tickMs: number;
  /** The blob being downloaded, or the last one. */
  layer: Layer | undefined;
  /** The first blob that was not on disk. */
  firstNew: Layer | undefined;
  /** Of the layer, while it runs. */
  download: Download | undefined;
  /** Sends a line to which no fault applies. */
  write: (line: JsonObject) => Promise<void>;
  /** A line that shows how far the blob is. */
  sample: () => JsonObject;
  /** Throws away what is there of a blob. */
  discard: (layer: Layer) => void;
}

/** The end of a pull without success; with a text, that is sent as the error. */
export class PullEnd extends Error {
  constructor(
    readonly outcome: Outcome,
    readonly text?: string,
  ) {
    super(text ?? outcome);
  }
}

const UNKNOWN_STATUS = 'optimizing weights … größer ✓';

const DEFAULT_POSITIONS: Partial<Record<FaultName, PullPosition>> = {
  end_without_done: { phase: 'write' },
  digest_mismatch: { phase: 'verify' },
  offline: { phase: 'manifest' },
  context_canceled: { phase: 'manifest' },
  split_utf8: { phase: 'manifest' },
};

/** Where in a pull the fault strikes: in the middle where it does not say and nothing else makes sense. */
export function positionOf(fault: Fault): PullPosition {
  return hasPosition(fault) ? fault : (DEFAULT_POSITIONS[fault.fault] ?? { fraction: 0.5 });
}

/** Errors that end a pull, with their texts. */
const ERRORS: Partial<Record<FaultName, (pull: FaultyPull) => string>> = {
  error_line: () => 'max retries exceeded: EOF',
  disk_full: ({ layer }) => `write ${blobPath(layer)}-partial: no space left on device`,
  offline: ({ name }) => offlineText(name),
  context_canceled: () => 'context canceled',
  digest_mismatch: ({ firstNew, layer, download, discard }) => {
    const wrong = firstNew ?? layer;
    if (wrong) {
      discard(wrong);
    }
    if (wrong === layer) {
      download?.limitTo(0);
      download?.rollBack(Infinity);
    }
    const want = hexOf(wrong);
    const got = [...want].toReversed().join('');
    return `digest mismatch, file must be downloaded again: want sha256:${want}, got sha256:${got}`;
  },
};

function hexOf(layer: Layer | undefined): string {
  return layer?.digest.slice('sha256:'.length) ?? '0'.repeat(64);
}

function blobPath(layer: Layer | undefined): string {
  return `/usr/share/ollama/.ollama/models/blobs/sha256-${hexOf(layer)}`;
}

function offlineText(name: string): string {
  const parsed = parseModelName(name);
  const host = parsed?.host ?? '';
  const [path, tag] = [parsed ? fullName(parsed).slice(host.length + 1) : '', parsed?.tag ?? ''];
  const url = `https://${host}/v2/${path.slice(0, -tag.length - 1)}/manifests/${tag}`;
  return `pull model manifest: Get "${url}": dial tcp: lookup ${host}: no such host`;
}

type Strike = (pull: FaultyPull, fault: Fault) => Promise<void>;

const STRIKES: Partial<Record<FaultName, Strike>> = {
  stall_mid_stream: async ({ download }) => download?.limitTo(0),
  stalled_progress: async ({ download, write, sample, tickMs, exchange }) => {
    download?.limitTo(0);
    for (;;) {
      await sleep(tickMs, exchange.signal);
      await write(sample());
    }
  },
  rolled_back: async ({ download, write, sample }, { bytes }) => {
    if (download) {
      // Not one byte may come again before the line that shows the loss.
      download.limitTo(0);
      download.rollBack(bytes ?? Math.ceil(download.completed() / 2));
      await write(sample());
    }
  },
  unknown_status: ({ write }, { text = UNKNOWN_STATUS }) => write({ status: text }),
  // Only so that there are characters of several bytes.
  split_utf8: ({ write }, { text = UNKNOWN_STATUS }) => write({ status: text }),
  huge_line: ({ write }, { bytes = HUGE_BYTES }) => write({ status: 'a'.repeat(bytes) }),
};

/** Does what the fault does in a pull; throws `PullEnd` where the pull ends with it. */
export async function strikePull(pull: FaultyPull, fault: Fault): Promise<void> {
  const errorText = ERRORS[fault.fault];
  if (errorText) {
    const text = errorText(pull);
    throw new PullEnd(faultOutcome(fault), fault.text ?? text);
  }
  await STRIKES[fault.fault]?.(pull, fault);
  const ends = pull.streams ? await disturbStream(pull, fault) : fault.fault === 'end_without_done';
  if (ends) {
    throw new PullEnd(faultOutcome(fault));
  }
}
