import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-database';

/** A volume of its own with a limited size. For specs only. */
export interface SmallVolume {
  readonly path: string;
  /** Bytes that are free. */
  readonly free: () => number;
  /** Fills it up, but for some bytes, with a file that can be removed again: `filler`. */
  readonly fill: (leave: number) => void;
  readonly remove: () => void;
}

const PAGE = 4096;

/** Whether this user may mount volumes: root may, also in a container that was given the right. */
export const canMount = ((): boolean => {
  try {
    smallVolume(PAGE * 16).remove();
    return true;
  } catch {
    return false;
  }
})();

export function smallVolume(bytes: number): SmallVolume {
  const folder = temporaryFolder();
  const { path } = folder;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch (error) {
    folder.remove();
    throw error;
  }
  const free = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    free,
    fill: (leave) => writeFileSync(join(path, 'filler'), Buffer.alloc(Math.max(0, free() - leave))),
    remove: () => {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' });
      folder.remove();
    },
  };
}
