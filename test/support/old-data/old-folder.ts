import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A data directory as the FastAPI backend left it, in the folder for temporary files. */
export class OldFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'llama-herd-old-'));

  /** Writes a file: text as it is, anything else as JSON. */
  write(name: string, content: unknown): this {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    );
    return this;
  }

  /** Names, sizes, times of change and hashes of all that is in it. */
  state(): string[] {
    return readdirSync(this.path, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => {
        const path = join(this.path, name);
        const status = lstatSync(path, { bigint: true });
        const hash = status.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
        return `${name} ${status.mode} ${status.size} ${status.mtimeNs} ${hash}`;
      });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
