/** Most messages of one write, so that other writes wait only for a moment. */
const MAX_BATCH = 500;

/** Characters after which a batch is full. */
const FULL_BATCH_CHARACTERS = 1_000_000;

/** Cuts a stream of messages into batches of a moderate size. */
export async function* inBatches<T extends { readonly content: string }>(
  messages: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let characters = 0;
  for await (const message of messages) {
    batch.push(message);
    characters += message.content.length;
    if (batch.length >= MAX_BATCH || characters >= FULL_BATCH_CHARACTERS) {
      yield batch;
      batch = [];
      characters = 0;
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}
