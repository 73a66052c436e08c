import { setImmediate as otherWork } from 'node:timers/promises';
import { type EntityManager } from 'typeorm';
import { sqliteCode } from './sqlite-error';

/** What one caller wants to be stored: all of it or nothing. */
export type UnitOfWork<T> = (tx: EntityManager) => Promise<T>;

/** A unit with the way to tell its caller what became of it. */
interface WaitingUnit {
  /** Runs it in a transaction that is open. */
  readonly run: (tx: EntityManager) => Promise<Settle>;
  /** Runs it in a transaction of its own, and tells the caller. */
  readonly runAlone: () => Promise<void>;
}

/** Tells the caller the outcome of a unit, once it is certain. */
type Settle = () => void;

/** Runs several units in one transaction, in one try. */
export type SharedTransaction = <T>(work: UnitOfWork<T>) => Promise<T>;

/** How large a shared transaction may grow: its first unit waits for its last. */
export interface GroupLimits {
  readonly units: number;
  /** Milliseconds after which it takes nothing further in. */
  readonly ms: number;
}

const LIMITS: GroupLimits = { units: 32, ms: 10 };

/**
 * Stores units of work in the order in which they came. Those that wait while others are stored share the next
 * transaction, since its commit costs more than most units. Each is in a savepoint of its own: one that fails is taken back
 * alone. When the transaction as a whole cannot be stored, none of it is, and each unit is tried by itself.
 */
export class GroupCommit {
  private readonly waiting: WaitingUnit[] = [];
  private working: Promise<void> | null = null;

  /** @param mayShare whether transactions may be shared now */
  constructor(
    private readonly shared: SharedTransaction,
    private readonly mayShare: () => boolean,
    private readonly limits = LIMITS,
  ) {}

  /**
   * Resolves when the unit is stored.
   * @param alone runs the unit in a transaction of its own, with all patience that it has
   */
  run<T>(work: UnitOfWork<T>, alone: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({
        run: async (tx) => {
          const result = await inSavepoint(tx, work);
          return 'failure' in result ? () => reject(result.failure) : () => resolve(result.value);
        },
        runAlone: () => alone().then(resolve, reject),
      });
      this.working ??= Promise.resolve().then(() => this.storeAll());
    });
  }

  /** Resolves when all that was asked for so far has ended. */
  async idle(): Promise<void> {
    await this.working;
  }

  /**
   * Between two transactions the event loop has its turn, since the driver does not leave it: else turns that end at one moment
   * would all be stored, and followed by their next ones, before the first of these is sent.
   */
  private async storeAll(): Promise<void> {
    for (;;) {
      const first = this.waiting.shift();
      if (!first) {
        this.working = null;
        return;
      }
      await (this.waiting.length === 0 || !this.mayShare() ? first.runAlone() : this.storeGroup(first));
      await otherWork();
    }
  }

  private async storeGroup(first: WaitingUnit): Promise<void> {
    const group: WaitingUnit[] = [];
    try {
      const settles = await this.shared(async (tx) => {
        const outcomes: Settle[] = [];
        const startedAt = performance.now();
        for (let unit: WaitingUnit | undefined = first; unit; unit = this.next(group.length, startedAt)) {
          group.push(unit);
          outcomes.push(await unit.run(tx));
        }
        return outcomes;
      });
      settles.forEach((settle) => settle());
    } catch {
      // Nothing of it is stored. Each unit gets its own failure, or none.
      for (const unit of group.length === 0 ? [first] : group) {
        await unit.runAlone();
      }
    }
  }

  private next(taken: number, startedAt: number): WaitingUnit | undefined {
    const { units, ms } = this.limits;
    return taken < units && performance.now() - startedAt < ms ? this.waiting.shift() : undefined;
  }
}

type Outcome<T> = { readonly value: T } | { readonly failure: unknown };

/** @throws the failure when it is one of the database, which concerns all units of the transaction */
async function inSavepoint<T>(tx: EntityManager, work: UnitOfWork<T>): Promise<Outcome<T>> {
  await tx.query('SAVEPOINT unit');
  let outcome: Outcome<T>;
  try {
    outcome = { value: await work(tx) };
  } catch (failure) {
    if (isFaultOfDatabase(failure)) {
      throw failure;
    }
    await tx.query('ROLLBACK TO unit');
    outcome = { failure };
  }
  await tx.query('RELEASE unit');
  return outcome;
}

/** Anything that SQLite says, except that a row is not allowed. */
function isFaultOfDatabase(failure: unknown): boolean {
  const code = sqliteCode(failure) ?? '';
  return code.startsWith('SQLITE_') && !code.startsWith('SQLITE_CONSTRAINT');
}
