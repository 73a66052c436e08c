import { type CallMeasures } from './model-speeds';
import { type StartedCall } from './scheduling';

/** Milliseconds that a call may wait inside Ollama without meaning anything. */
const TOLERATED_WAIT_MS = 250;

/** Calls in a row that have to have waited before it is said that there are fewer slots than the settings say. */
const CONVINCING_CALLS = 3;

/** A call that had others for its model beside it. */
export interface CallWithPeers {
  /** Calls for its model at the server when it began, itself included. */
  readonly peers: number;
  /** Milliseconds that it took in all, and those of them that Ollama says it worked on it. */
  readonly totalMs: number;
  readonly workedMs: number;
}

/**
 * Compares the slots that OLLAMA_NUM_PARALLEL promises with what is observed: a call that waits inside Ollama, where nobody sees
 * the queue, though there should be a slot for it.
 */
export class SlotWatch {
  private waitedInARow = 0;
  private atOnce = 1;

  /** Calls that were worked on at once when there seem to be fewer slots than were promised; null = no sign of that. */
  get observed(): number | null {
    return this.waitedInARow >= CONVINCING_CALLS ? this.atOnce : null;
  }

  learn({ peers, totalMs, workedMs }: CallWithPeers): void {
    if (peers < 2) {
      return;
    }
    if (totalMs - workedMs > Math.max(TOLERATED_WAIT_MS, workedMs / 2)) {
      this.waitedInARow += 1;
    } else {
      this.waitedInARow = 0;
      this.atOnce = Math.max(this.atOnce, peers);
    }
  }
}

/** One watch for each model of each server: Ollama gives some kinds of models fewer slots than others. */
export class SlotWatches {
  private readonly watches = new Map<string, { server: string; model: string; watch: SlotWatch }>();
  private readonly begun = new Map<number, { peers: number; at: number }>();

  begin({ call, server }: StartedCall, now: number): void {
    const peers = [...server.atWork.values()].filter((work) => work.call.model === call.model).length;
    this.begun.set(call.id, { peers, at: now });
  }

  /** @returns whether this call has shown that there are fewer slots than were promised */
  end({ call, server, isLoad }: StartedCall, measures: CallMeasures | null, now: number): boolean {
    const begun = this.begun.get(call.id);
    this.begun.delete(call.id);
    if (!begun || measures === null || isLoad) {
      return false;
    }
    const key = `${server.address} ${call.model}`;
    const entry = this.watches.get(key) ?? {
      server: server.address,
      model: call.model,
      watch: new SlotWatch(),
    };
    this.watches.set(key, entry);
    const { loadMs, promptMs, generateMs } = measures;
    const before = entry.watch.observed;
    entry.watch.learn({
      peers: begun.peers,
      totalMs: now - begun.at,
      workedMs: loadMs + promptMs + generateMs,
    });
    return before === null && entry.watch.observed !== null;
  }

  /** Where there seem to be fewer slots than were promised. */
  fewer(): { readonly server: string; readonly model: string; readonly observed: number }[] {
    return [...this.watches.values()].flatMap(({ server, model, watch }) =>
      watch.observed === null ? [] : [{ server, model, observed: watch.observed }],
    );
  }
}
