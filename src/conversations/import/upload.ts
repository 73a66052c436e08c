import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BadRequestException } from '@nestjs/common';
import busboy from 'busboy';
import { DomainError, ValidationFailedError } from '../../common/errors/domain-error';
import { requireJson } from '../../common/http/json-body';
import { isStorageFull } from '../../database/sqlite-error';
import { missing, problem } from '../../common/validation/field-problems';

/** Most files of one request. */
const MAX_FILES = 1_000;

/** A file of a request, on disk until the request is answered. */
export interface UploadedFile {
  /** As the client named it; null when it is the body itself. */
  readonly name: string | null;
  readonly path: string;
}

/**
 * Writes a body to temporary files, hands them over, and removes them whatever happens.
 * @throws DomainError BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE; ValidationFailedError when there is nothing in it
 */
export async function withUploadedFiles<T>(
  req: IncomingMessage,
  maxBytes: number,
  use: (files: readonly UploadedFile[]) => Promise<T>,
): Promise<T> {
  const isForm = /^multipart\/form-data\s*(;|$)/i.test(req.headers['content-type'] ?? '');
  if (!isForm) {
    requireJson(req, 'application/json or multipart/form-data');
  }
  requirePlain(req);
  const folder = await mkdtemp(join(tmpdir(), 'llama-herd-import-'));
  try {
    const files = await (isForm ? readForm : readBody)(req, maxBytes, folder);
    return await use(files);
  } finally {
    // What is left of a refused body is read and dropped: a client that is still sending would not see the answer.
    req.resume();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readBody(req: IncomingMessage, maxBytes: number, folder: string): Promise<UploadedFile[]> {
  const path = join(folder, 'body');
  await reading(pipeline(limited(req, maxBytes), createWriteStream(path)));
  return [{ name: null, path }];
}

async function readForm(req: IncomingMessage, maxBytes: number, folder: string): Promise<UploadedFile[]> {
  const form = openForm(req);
  const files: UploadedFile[] = [];
  const writes: Promise<void>[] = [];
  form.on('file', (_field, content, { filename }) => {
    const path = join(folder, String(files.length));
    files.push({ name: filename.slice(0, 200).toWellFormed(), path });
    writes.push(
      pipeline(content, createWriteStream(path)).catch((error: unknown) => {
        form.destroy(error instanceof Error ? error : undefined);
      }),
    );
  });
  form.once('filesLimit', () => {
    const msg = `Value error, must not hold more than ${MAX_FILES} files`;
    form.destroy(new ValidationFailedError([problem('value_error', ['body'], msg, null)]));
  });
  try {
    await reading(pipeline(limited(req, maxBytes), form));
  } finally {
    await Promise.all(writes);
  }
  if (files.length === 0) {
    throw new ValidationFailedError([missing(['body', 'file'], null)]);
  }
  return files;
}

function openForm(req: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: req.headers, defParamCharset: 'utf8', limits: { files: MAX_FILES } });
  } catch (error) {
    throw new BadRequestException('The form could not be read.', { cause: error });
  }
}

/** What was not foreseen is the client's: a broken form, or a connection that ended early. Faults of the disk are ours. */
async function reading(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (isStorageFull(error)) {
      const text = 'The volume for temporary files is full: there is no room for what is imported.';
      throw new DomainError('STORAGE_FULL', text, {}, { cause: error });
    }
    const isOurs = error instanceof DomainError || (error instanceof Error && 'syscall' in error);
    throw isOurs ? error : new BadRequestException('The body could not be read.', { cause: error });
  }
}

/** The body up to the limit. The connection stays open when it is passed, so that the client gets its answer. */
function limited(req: IncomingMessage, maxBytes: number): Readable {
  async function* read(): AsyncGenerator<Buffer> {
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      throw bodyTooLarge(maxBytes);
    }
    let size = 0;
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > maxBytes) {
        throw bodyTooLarge(maxBytes);
      }
      yield chunk as Buffer;
    }
  }
  return Readable.from(read());
}

function bodyTooLarge(maxBytes: number): DomainError {
  return new DomainError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}

function requirePlain({ headers }: IncomingMessage): void {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'The encoding of the body is not supported.');
  }
}
