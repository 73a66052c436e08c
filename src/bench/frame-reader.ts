/** Finds the WebSocket frames in what a server sends (RFC 6455; not masked, not compressed, none in parts). */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly hear: (length: number, payload: Buffer) => void) {}

  push(chunk: Buffer): void {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      const frame = frameAt(data, at);
      if (!frame || frame.end > data.length) {
        break;
      }
      this.hear(frame.end - at, data.subarray(frame.start, frame.end));
      at = frame.end;
    }
    this.rest = data.subarray(at);
  }
}

/** Where the payload of a frame starts and ends; null when not even its head is there. */
function frameAt(data: Buffer, at: number): { readonly start: number; readonly end: number } | null {
  if (data.length < at + 10) {
    return shortFrameAt(data, at);
  }
  const length = (data[at + 1] ?? 0) & 0x7f;
  if (length < 126) {
    return { start: at + 2, end: at + 2 + length };
  }
  if (length === 126) {
    return { start: at + 4, end: at + 4 + data.readUInt16BE(at + 2) };
  }
  return { start: at + 10, end: at + 10 + Number(data.readBigUInt64BE(at + 2)) };
}

function shortFrameAt(data: Buffer, at: number): { readonly start: number; readonly end: number } | null {
  const length = (data[at + 1] ?? 126) & 0x7f;
  return length < 126 ? { start: at + 2, end: at + 2 + length } : null;
}
