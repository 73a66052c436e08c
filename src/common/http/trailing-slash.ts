import { type NextFunction, type Request, type Response } from 'express';

/** Middleware: an address with a slash at its end is answered 307 to the address without it (wire-contract §1). */
export function redirectTrailingSlash(req: Request, res: Response, next: NextFunction): void {
  const target = withoutTrailingSlash(req.originalUrl);
  if (target === undefined) {
    next();
  } else {
    res.redirect(307, target);
  }
}

/**
 * The address without the slashes at the end of its path, query kept; undefined when there is nothing to take off,
 * or when what is left would lead to another host (`//evil.com/`, `/\evil.com/`).
 */
export function withoutTrailingSlash(url: string): string | undefined {
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') {
    end--;
  }
  const isLocal = path.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
  return end > 0 && end < path.length && isLocal ? path.slice(0, end) + url.slice(path.length) : undefined;
}
