/** An experiment that waits to run. */
export interface QueuedExperiment {
  readonly id: string;
  /** ISO 8601, UTC; since when. */
  readonly queuedAt: string;
  /** Whether it may be what ended the server, so that nothing else may run beside it (decision 13). */
  readonly alone: boolean;
}

/**
 * Who may run: at most `limit` experiments at once, the others in the order in which they came. Suspects go first, each
 * alone, until they have proved harmless or are gone; a suspect's share of the night is one turn.
 */
export class RunQueue {
  private readonly waiting = new Map<string, QueuedExperiment>();
  private readonly running = new Map<string, { alone: boolean }>();
  private isOpen = true;

  constructor(private readonly limit: number) {}

  /** Takes a place for an experiment that did not wait. @returns false when there is none: it has to wait */
  enter(id: string): boolean {
    if (!this.isOpen || this.waiting.size > 0 || this.running.size >= this.limit || this.isHeldByOne()) {
      return false;
    }
    this.running.set(id, { alone: false });
    return true;
  }

  /** Takes a place beyond the limit, for work as short as one turn that a person waits for. */
  enterAnyway(id: string): void {
    this.running.set(id, { alone: false });
  }

  add(experiment: QueuedExperiment): void {
    this.waiting.set(experiment.id, experiment);
  }

  /** Takes an experiment out of the queue, or gives its place back. */
  remove(id: string): void {
    this.waiting.delete(id);
    this.running.delete(id);
  }

  /** A suspect has finished a turn: others may run beside it. */
  clear(id: string): void {
    const entry = this.running.get(id);
    if (entry) {
      entry.alone = false;
    }
  }

  /** Takes the next one that may run out of the queue; null when none may. */
  next(): QueuedExperiment | null {
    if (!this.isOpen || this.running.size >= this.limit || this.isHeldByOne()) {
      return null;
    }
    const inOrder = [...this.waiting.values()].toSorted(byArrival);
    const suspect = inOrder.find(({ alone }) => alone);
    if (suspect && this.running.size > 0) {
      return null;
    }
    const next = suspect ?? inOrder[0] ?? null;
    if (next) {
      this.waiting.delete(next.id);
      this.running.set(next.id, { alone: next.alone });
    }
    return next;
  }

  /** Lets nobody run any more. */
  close(): void {
    this.isOpen = false;
  }

  private isHeldByOne(): boolean {
    return [...this.running.values()].some(({ alone }) => alone);
  }
}

function byArrival(a: QueuedExperiment, b: QueuedExperiment): number {
  return a.queuedAt === b.queuedAt ? compare(a.id, b.id) : compare(a.queuedAt, b.queuedAt);
}

/** As SQLite compares texts, so that the position that clients see is the order in which they run. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
