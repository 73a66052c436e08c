import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import {
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Request } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { isRepeatable, noteBodyHash, sha256 } from '../../common/http/body-hash';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { type UploadedFile, withUploadedFiles } from './upload';

const uploads = new WeakMap<Request, readonly UploadedFile[]>();

/** The files of a request, on disk while its handler runs. */
export const Uploads = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return uploads.get(context.switchToHttp().getRequest<Request>()) ?? [];
});

/** Puts the body of a request on disk before anything else looks at it. */
@Injectable()
export class UploadsInterceptor implements NestInterceptor {
  constructor(@Inject(SETTINGS_TOKEN) private readonly settings: Settings) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const req = context.switchToHttp().getRequest<Request>();
    const answer = withUploadedFiles(req, this.settings.maxImportBytes, async (files) => {
      uploads.set(req, files);
      if (isRepeatable(req)) {
        noteBodyHash(req, await hashOf(files));
      }
      return lastValueFrom(next.handle());
    });
    return from(answer);
  }
}

/** Of the names and contents: the boundary of a form is another one each time it is sent. */
async function hashOf(files: readonly UploadedFile[]): Promise<string> {
  const parts: [string | null, string][] = [];
  for (const { name, path } of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    parts.push([name, hash.digest('hex')]);
  }
  return sha256(JSON.stringify(parts));
}
