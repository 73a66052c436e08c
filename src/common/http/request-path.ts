/** The path of a request in lower case (routes do not tell letter case apart), without its query. */
export function pathOf({ originalUrl }: { readonly originalUrl: string }): string {
  const [address = ''] = originalUrl.split('?', 1);
  // A client may send the whole address in the request line (RFC 9112, 3.2.2).
  return address.replace(/^https?:\/\/[^/]*/i, '').toLowerCase();
}

/** Whether a path is a base path or lies below it. */
export function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}
