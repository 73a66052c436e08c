/** A model's stay in memory as `GET /_sim/loads` shows it. Times are milliseconds since 1970. */
export interface LoadRecord {
  model: string;
  began_at_ms: number;
  /** Null while it is being loaded, and for good where that was given up. */
  loaded_at_ms: number | null;
  /** When it was unloaded, or its loading given up; null until then. */
  unloaded_at_ms: number | null;
}

/** Which model was in memory when. */
export interface LoadLog {
  /** Notes that the loading begins; whoever loads notes the rest on the record. */
  open(model: string): LoadRecord;
  /** The last ones, oldest first. */
  list(): readonly LoadRecord[];
  clear(): void;
}

const MAX_RECORDS = 10_000;

export function createLoadLog(): LoadLog {
  let records: LoadRecord[] = [];
  return {
    open(model) {
      const record = { model, began_at_ms: Date.now(), loaded_at_ms: null, unloaded_at_ms: null };
      records.push(record);
      records.splice(0, records.length - MAX_RECORDS);
      return record;
    },
    list: () => records,
    clear: () => {
      records = [];
    },
  };
}
