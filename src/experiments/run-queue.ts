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
 * alone, until it has proved harmless; while there are further ones it then has to make room for them (`clear`).
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

  /**
   * An experiment has finished a turn: it is no suspect any more.
   * @returns whether it has to make room, since another suspect waits to run alone
   */
  clear(id: string): boolean {
    const entry = this.running.get(id);
    if (!entry?.alone) {
      return false;
    }
    entry.alone = false;
    return [...this.waiting.values()].some(({ alone }) => alone);
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
