import { createReadStream } from 'node:fs';
import { ConversationScanner, type Part, type ScannerLimits } from './conversation-scanner';

/** Small, since nothing else runs while a chunk is cut. */
const CHUNK_BYTES = 65_536;

/** Where a conversation stands in a file. */
export interface ByteRange {
  readonly start: number;
  /** Place after the last byte. */
  readonly end: number;
}

/**
 * Reads a file, or one conversation of it, in parts.
 * @throws JsonFault; its position counts from the beginning of the file
 */
export async function* scanFile(
  path: string,
  limits: ScannerLimits,
  range?: ByteRange,
): AsyncGenerator<Part> {
  const scanner = new ConversationScanner(limits, range === undefined ? 'unknown' : 'single');
  const options = range === undefined ? {} : { start: range.start, end: range.end - 1 };
  for await (const chunk of createReadStream(path, { ...options, highWaterMark: CHUNK_BYTES })) {
    yield* scanner.write(chunk as Buffer);
  }
  yield* scanner.end();
}
