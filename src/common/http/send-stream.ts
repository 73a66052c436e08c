import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Response } from 'express';

/** Characters that are put together before they are sent. */
const PIECE_CHARACTERS = 65_536;

/**
 * Sends text as it is made, no faster than the client reads; when the client goes, the making ends. A fault before the
 * first piece is answered like any other; after it the connection is cut, so that nobody takes half an answer for a whole one.
 */
export async function sendStream(
  res: Response,
  texts: AsyncIterable<string>,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const pieces = gather(texts);
  const first = await pieces.next();
  res.set(headers);
  try {
    await pipeline(Readable.from(startingWith(first, pieces)), res);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      throw error;
    }
  }
}

async function* gather(texts: AsyncIterable<string>): AsyncGenerator<string, void> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length >= PIECE_CHARACTERS) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') {
    yield piece;
  }
}

async function* startingWith(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void>,
): AsyncGenerator<string> {
  if (first.done !== true) {
    yield first.value;
    yield* rest;
  }
}
