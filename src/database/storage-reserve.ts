import { existsSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { isStorageFull } from './sqlite-error';

const CHUNK_BYTES = 1024 * 1024;

/** A file that only takes up room on the volume of the database: room to work with when there is no other left. */
export class StorageReserve {
  constructor(private readonly path: string) {}

  /** Bytes that it has now; 0 when there is none. */
  get size(): number {
    return existsSync(this.path) ? statSync(this.path).size : 0;
  }

  /**
   * Makes it that large. What it holds cannot be compressed, so that it takes the room on every file system.
   * @param signal ends it early; what is missing is made another time
   * @returns false, and there is none, when the volume has no room for it
   */
  async make(bytes: number, signal: AbortSignal): Promise<boolean> {
    const chunk = randomBytes(Math.min(bytes, CHUNK_BYTES));
    const file = await open(this.path, 'w', 0o600);
    try {
      for (let written = 0; written < bytes && !signal.aborted;) {
        written += (await file.write(chunk, 0, Math.min(chunk.length, bytes - written))).bytesWritten;
      }
      // Some file systems find out only now that there is no room.
      await file.datasync();
      return true;
    } catch (error) {
      this.giveUp();
      if (isStorageFull(error)) {
        return false;
      }
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Gives its room free. @returns whether there was any */
  giveUp(): boolean {
    const hadRoom = this.size > 0;
    rmSync(this.path, { force: true });
    return hadRoom;
  }
}
