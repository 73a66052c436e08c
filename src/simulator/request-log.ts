/** How a request ended: `fault:<name>` where a fault ended it, `cancelled` where the client left before the end. */
export type Outcome = 'running' | 'done' | 'error' | 'cancelled' | `fault:${string}`;

/** A request as `GET /_sim/requests` shows it. */
export interface RequestRecord {
  id: number;
  method: string;
  path: string;
  received_at: string;
  headers: NodeJS.Dict<string | string[]>;
  /** The parsed body, the text where it is not JSON, null where there is none or it was dropped for its size. */
  body: unknown;
  body_bytes: number;
  /** The fault that was applied, whether or not it ended the request. */
  fault: string | null;
  outcome: Outcome;
  closed_after_ms: number | null;
}

export interface RequestLog {
  open(method: string, path: string, headers: RequestRecord['headers']): RequestRecord;
  setBody(record: RequestRecord, body: unknown, bytes: number): void;
  list(path: string | undefined, limit: number): RequestRecord[];
  clear(): void;
}

const MAX_RECORDS = 1000;
/** All bodies together: tests with prompts of many megabytes must not fill the memory. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export function createRequestLog(): RequestLog {
  let records: RequestRecord[] = [];
  let lastId = 0;
  let bodyBytes = 0;

  const dropBody = (record: RequestRecord): void => {
    if (record.body !== null) {
      bodyBytes -= record.body_bytes;
      record.body = null;
    }
  };

  return {
    open(method, path, headers) {
      lastId += 1;
      const record: RequestRecord = {
        id: lastId,
        method,
        path,
        received_at: new Date().toISOString(),
        headers,
        body: null,
        body_bytes: 0,
        fault: null,
        outcome: 'running',
        closed_after_ms: null,
      };
      records.push(record);
      if (records.length > MAX_RECORDS) {
        records.splice(0, records.length - MAX_RECORDS).forEach(dropBody);
      }
      return record;
    },
    setBody(record, body, bytes) {
      record.body_bytes = bytes;
      if (!records.includes(record)) {
        return;
      }
      record.body = body;
      bodyBytes += body === null ? 0 : bytes;
      for (const oldest of records) {
        if (bodyBytes <= MAX_BODY_BYTES) {
          break;
        }
        dropBody(oldest);
      }
    },
    list(path, limit) {
      const wanted = path === undefined ? records : records.filter((record) => record.path === path);
      return wanted.slice(-limit);
    },
    clear() {
      records = [];
      bodyBytes = 0;
    },
  };
}
