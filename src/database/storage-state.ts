import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { DomainError } from '../common/errors/domain-error';
import { type Settings } from '../config/settings.schema';
import { StorageReserve } from './storage-reserve';
import { isStorageFull, isWriteFault } from './sqlite-error';

/** With less than this a volume counts as full. */
const FULL_BELOW_BYTES = 256 * 1024;

/** Whether the volume of the database has room, and what is done when it has none. */
export class StorageState {
  /** Tells `true` when the volume has become full and `false` when there is room again. */
  readonly changes = new Subject<boolean>();
  private readonly logger = new Logger(StorageState.name);
  private readonly reserve: StorageReserve;
  /** Room that is left beside the reserve, for the log of SQLite. */
  private readonly logBytes: number;
  private readonly stopping = new AbortController();
  private full = false;
  private timer: NodeJS.Timeout | undefined;
  private lastLook: Promise<void> = Promise.resolve();

  /** @param reusableBytes bytes of the database file that hold nothing and are used before it grows */
  constructor(
    private readonly settings: Settings,
    private readonly reusableBytes: () => Promise<number>,
  ) {
    this.reserve = new StorageReserve(join(settings.dataDirectory, 'reserve'));
    this.logBytes = Math.max(settings.storageReserveBytes / 4, FULL_BELOW_BYTES);
  }

  get isFull(): boolean {
    return this.full;
  }

  /**
   * To be asked before something new is begun: what is in progress needs the room that is left.
   * @throws DomainError STORAGE_FULL
   */
  assertRoom(): void {
    if (this.full) {
      throw storageFull();
    }
  }

  /**
   * What is in progress may use half of the reserve: the rest is for what makes room.
   * @throws DomainError STORAGE_FULL
   */
  assertRoomInProgress(): void {
    if (this.full && this.freeBytes() < this.settings.storageReserveBytes / 2) {
      throw storageFull();
    }
  }

  /** Before the database is opened: opening, too, needs a little room. */
  prepare(): void {
    if (this.hasNoRoom()) {
      this.becomeFull();
    }
  }

  /** From now on there is a reserve, when there is room for it. */
  async start(): Promise<void> {
    if (!this.full) {
      this.inTurn(() => this.fillReserve());
      await this.lastLook;
    }
  }

  /** No further looks and changes; resolves when the last look has ended. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.lastLook;
  }

  /** Whether a failure to write means that the volume is full. */
  isFailureOf(error: unknown): boolean {
    return isStorageFull(error) || (isWriteFault(error) && this.hasNoRoom());
  }

  /** The volume is full: gives the reserve up, and looks from now on whether there is room again. */
  becomeFull(): void {
    const hasMadeRoom = this.reserve.giveUp();
    this.full = true;
    this.logger.error('The volume of DATA_DIRECTORY is full: nothing new is begun until there is room', {
      data_directory: this.settings.dataDirectory,
      reserve: hasMadeRoom ? 'given up' : 'there was none',
    });
    this.timer = setInterval(
      () => this.inTurn(() => this.lookForRoom()),
      this.settings.storageCheckSeconds * 1000,
    ).unref();
    this.changes.next(true);
  }

  private inTurn(look: () => Promise<unknown>): void {
    this.lastLook = this.lastLook.then(look).then(
      () => undefined,
      (error: unknown) =>
        this.logger.warn('The room on the volume of DATA_DIRECTORY could not be looked after', { error }),
    );
  }

  /** Room on the volume, or inside the database where something was deleted: more than giving the reserve up made. */
  private async lookForRoom(): Promise<void> {
    const free = this.freeBytes();
    const usable = free + (await this.reusableBytes());
    const isEnough =
      free > this.logBytes && usable >= this.settings.storageReserveBytes * 1.5 + FULL_BELOW_BYTES;
    if (this.full && isEnough && (await this.fillReserve())) {
      clearInterval(this.timer);
      this.full = false;
      this.logger.log('The volume of DATA_DIRECTORY has room again', { free_bytes: free });
      this.changes.next(false);
    }
  }

  /** Makes the reserve as large as is wanted, or as there is room for. @returns false when there was no room after all */
  private async fillReserve(): Promise<boolean> {
    const wanted = this.settings.storageReserveBytes;
    const size = this.reserve.size;
    const bytes = Math.min(wanted, Math.floor(this.freeBytes() + size - this.logBytes));
    const isLargest = size > 0 && size < wanted && size >= bytes;
    if (size === wanted || isLargest) {
      return true;
    }
    if (bytes <= 0) {
      this.reserve.giveUp();
    } else if (!(await this.reserve.make(bytes, this.stopping.signal))) {
      return false;
    }
    if (bytes < wanted) {
      this.logger.warn('The volume of DATA_DIRECTORY has too little room for STORAGE_RESERVE_BYTES', {
        wanted_bytes: wanted,
        reserved_bytes: Math.max(bytes, 0),
      });
    }
    return true;
  }

  private freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.settings.dataDirectory);
    return bavail * bsize;
  }

  private hasNoRoom(): boolean {
    try {
      return this.freeBytes() < FULL_BELOW_BYTES;
    } catch {
      // The folder itself is gone: that is another fault.
      return false;
    }
  }
}

/** The answer to whatever needs room that is not there. */
export function storageFull(cause?: unknown): DomainError {
  return new DomainError(
    'STORAGE_FULL',
    'The volume of DATA_DIRECTORY is full. Delete experiments or make room on it; work goes on by itself then.',
    {},
    { cause },
  );
}
