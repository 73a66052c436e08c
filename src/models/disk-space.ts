import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { parseAddress } from '../common/access/ip-network';
import { localAddressCheck, THIS_MACHINE } from '../common/access/this-machine';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { type PullProgress } from './pull-progress';

const GIB = 1024 ** 3;

/** What a model of unknown size is taken for, and what must be left over. */
const NEEDED_BYTES = 4 * GIB + 1 * GIB;

const LOW_GB = 5;
const VERY_LOW_GB = 2;

/** Milliseconds for which a look at the disk counts. */
const REMEMBER_MS = 5_000;

export type DiskFacts = Pick<PullProgress, 'disk_space_available_gb' | 'disk_space_warning'>;

/** Room on the volume on which Ollama keeps its models, as far as this machine can see it. */
@Injectable()
export class DiskSpace {
  private readonly isThisMachine = localAddressCheck(THIS_MACHINE);
  private known: DiskFacts = {};
  private lookedAt = -Infinity;

  constructor(@Inject(SETTINGS_TOKEN) private readonly settings: Settings) {}

  /**
   * Whether OLLAMA_MODELS_DIR is where an Ollama server keeps its models: the only one that there is, wherever it runs, and of
   * several those on this machine.
   */
  holdsModelsOf(server: string): boolean {
    const host = new URL(server).hostname.replace(/^\[|\]$/g, '');
    const address = parseAddress(host);
    return (
      this.settings.ollamaUrls.length === 1 ||
      host === 'localhost' ||
      host === THIS_MACHINE.hostname.toLowerCase() ||
      (address !== undefined && this.isThisMachine(address))
    );
  }

  /** Bytes that are free; null when it cannot be read: Ollama may run elsewhere. */
  async availableBytes(): Promise<number | null> {
    for (let folder = resolve(this.settings.ollamaModelsDir); ; folder = dirname(folder)) {
      try {
        const { bavail, bsize } = await statfs(folder);
        return bavail * bsize;
      } catch {
        // A folder that is not there yet will be made on the volume of the one above it.
        if (folder === dirname(folder)) {
          return null;
        }
      }
    }
  }

  /** @throws DomainError INSUFFICIENT_DISK_SPACE */
  async requireRoom(): Promise<void> {
    const available = await this.availableBytes();
    if (available !== null && available < NEEDED_BYTES) {
      throw new DomainError(
        'INSUFFICIENT_DISK_SPACE',
        `Not enough disk space for a model: ${gigabytes(available)} GB are free at OLLAMA_MODELS_DIR, ` +
          `${gigabytes(NEEDED_BYTES)} GB are needed.`,
      );
    }
  }

  /** What is known at this moment, for the progress of a pull; looks anew in the background. */
  facts(): DiskFacts {
    const now = performance.now();
    if (now >= this.lookedAt + REMEMBER_MS) {
      this.lookedAt = now;
      void this.look();
    }
    return this.known;
  }

  /** Looks at the disk, so that `facts` knows. */
  async look(): Promise<void> {
    const available = await this.availableBytes();
    this.known = available === null ? {} : diskFacts(available);
  }
}

function diskFacts(available: number): DiskFacts {
  const gb = gigabytes(available);
  if (gb >= LOW_GB) {
    return { disk_space_available_gb: gb };
  }
  const warning =
    gb < VERY_LOW_GB
      ? `Very low disk space: only ${gb} GB are left, the pull may fail.`
      : `Low disk space: ${gb} GB are left.`;
  return { disk_space_available_gb: gb, disk_space_warning: warning };
}

function gigabytes(bytes: number): number {
  return Math.round((bytes / GIB) * 100) / 100;
}
