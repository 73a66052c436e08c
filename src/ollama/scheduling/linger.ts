/** Milliseconds for which a place is kept for a conversation whose next call may come any moment. */
export const LINGER_MS = 50;
