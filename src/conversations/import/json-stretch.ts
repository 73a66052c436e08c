import { isUtf8 } from 'node:buffer';

/** Text that is no JSON. */
export class JsonFault extends Error {
  /** @param position number of the byte, from 0 */
  constructor(
    readonly position: number,
    reason: string,
  ) {
    super(reason);
    this.name = 'JsonFault';
  }
}

/** What makes up one JSON value: bytes of a larger text, of which some between them may be left out. */
export interface JsonStretch {
  readonly bytes: Buffer;
  /** From which byte of these on they stand at which place of the text; the first one is byte 0. */
  readonly places: readonly { readonly at: number; readonly place: number }[];
}

/** @throws JsonFault */
export function parseJson(stretch: JsonStretch): unknown {
  const { bytes } = stretch;
  if (!isUtf8(bytes)) {
    throw new JsonFault(placeOf(stretch, 0), 'The text is not UTF-8');
  }
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'The text is no JSON';
    // Not every message of the parser tells the place: then it is that of the whole value.
    const at = Number(/at position (\d+)/.exec(reason)?.[1] ?? 0);
    const position = placeOf(stretch, Buffer.byteLength(text.slice(0, at)));
    throw new JsonFault(position, reason.replace(/ at position \d+.*/s, ''));
  }
}

function placeOf({ places }: JsonStretch, byte: number): number {
  const nearest = places.findLast(({ at }) => at <= byte);
  return nearest === undefined ? byte : nearest.place + byte - nearest.at;
}
