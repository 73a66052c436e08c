/** Milliseconds that a catalog may take to come. */
const TIME_LIMIT_MS = 120_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ENTRIES = 20_000;
const MAX_REDIRECTS = 3;

/** Why a catalog could not be fetched; the text is for people. */
export class CatalogSourceError extends Error {}

/**
 * Fetches a catalog: a list, or an object with a list `models`. Redirects are followed on the same host only.
 * @throws CatalogSourceError; or the reason of the signal when it was aborted
 */
export async function fetchCatalog(address: string, stop: AbortSignal): Promise<readonly unknown[]> {
  const timeout = AbortSignal.timeout(TIME_LIMIT_MS);
  const signal = AbortSignal.any([stop, timeout]);
  try {
    const response = await open(address, signal);
    return entriesOf(await readText(response));
  } catch (error) {
    stop.throwIfAborted();
    if (timeout.aborted) {
      throw new CatalogSourceError(`it did not come within ${TIME_LIMIT_MS / 1000} s`);
    }
    if (error instanceof CatalogSourceError) {
      throw error;
    }
    throw new CatalogSourceError('the connection failed', { cause: error });
  }
}

async function open(address: string, signal: AbortSignal): Promise<Response> {
  const { origin } = new URL(address);
  let url = address;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await fetch(url, {
      signal,
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    if (response.ok) {
      return response;
    }
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      throw new CatalogSourceError(`the answer has the status ${response.status}`);
    }
    const target = URL.canParse(location, url) ? new URL(location, url) : null;
    if (target?.origin !== origin) {
      throw new CatalogSourceError('the address redirects to another host');
    }
    url = target.href;
  }
  throw new CatalogSourceError('the address redirects too often');
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new CatalogSourceError(`it is larger than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function entriesOf(text: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new CatalogSourceError('it is not JSON', { cause: error });
  }
  const list = Array.isArray(parsed) ? parsed : (parsed as { models?: unknown } | null)?.models;
  if (!Array.isArray(list)) {
    throw new CatalogSourceError('it is neither a list nor an object with a list `models`');
  }
  if (list.length > MAX_ENTRIES) {
    throw new CatalogSourceError(`it has more than ${MAX_ENTRIES} entries`);
  }
  return list;
}
