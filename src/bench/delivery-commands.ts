/** What a server under test can be asked to do; the shipped one and the bare one understand the same. */
export type DeliveryCommands = {
  /** Listens on a free port. @returns its address, and the experiment whose events it tells */
  start(order: {
    readonly dataDirectory: string;
  }): Promise<{ readonly url: string; readonly experimentId: string }>;
  /** Tells as many events at once. */
  burst(order: { readonly events: number }): Promise<void>;
  /** Tells one event after another, in even steps. */
  pace(order: { readonly events: number; readonly everyMs: number }): Promise<void>;
};

/** The namespace and the event that clients send, as the shipped server has them. */
export const NAMESPACE = '/experiments';
