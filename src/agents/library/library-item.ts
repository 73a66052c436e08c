/** What is kept of a saved agent or team. */
export interface LibraryDefinition {
  readonly name: string;
  readonly description?: string | null;
}

/** A saved agent or team as lists and events tell of it. */
export interface LibraryHead {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly version: number;
  /** Whether it comes with the product. */
  readonly built_in: boolean;
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** ISO 8601, UTC; when this version was saved. */
  readonly updated_at: string;
}

/** One version of a saved agent or team. */
export interface LibraryItem<D extends LibraryDefinition = LibraryDefinition> extends LibraryHead {
  /** Number of the newest version. */
  readonly newest_version: number;
  readonly definition: D;
}

/** One version in the list of all of them. */
export interface LibraryVersionHead {
  readonly version: number;
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly created_at: string;
}

/** How a saved agent or team is named elsewhere, for example in a start request. */
export type LibraryRef = `agents/${string}` | `teams/${string}`;

/** A version that something was made of. */
export interface LibraryUse {
  readonly ref: LibraryRef;
  readonly version: number;
}
