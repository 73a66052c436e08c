import { Exchange, STREAM_TYPE, drained } from './exchange';
import { Fault } from './faults';
import { sleep } from './timing';

/** Writes text to the client; a promise where the caller has to wait before it goes on. */
export interface LineWriter {
  write(text: string): Promise<void> | undefined;
  /** Completes the answer. */
  end(): Promise<void> | undefined;
}

const DRIP_MS = 1000;
const JOINED_LINES = 5;

/** The way lines travel: one write each, or as a fault wants it. Status and headers leave together with the first write. */
export function createLineWriter(
  exchange: Exchange,
  fault: Fault | undefined,
  type = STREAM_TYPE,
): LineWriter {
  const { response } = exchange;
  const start = (): void => {
    if (!response.headersSent) {
      response.writeHead(200, { 'Content-Type': type });
    }
  };
  const write = (text: string | Buffer): Promise<void> | undefined => {
    start();
    return response.write(text) ? undefined : drained(response, exchange.signal);
  };
  const end = (): undefined => {
    start();
    response.end();
  };
  if (fault?.fault === 'slow_drip') {
    return { write: (text) => drip(exchange, text, write, fault.ms ?? DRIP_MS), end };
  }
  if (fault?.fault === 'split_utf8') {
    return { write: (text) => writePieces(exchange, text, write), end };
  }
  return fault?.fault === 'joined_lines'
    ? joinLines(write, end, fault.count ?? JOINED_LINES)
    : { write, end };
}

type Write = (data: string | Buffer) => Promise<void> | undefined;

async function drip(exchange: Exchange, text: string, write: Write, ms: number): Promise<void> {
  for (const byte of Buffer.from(text)) {
    await write(Buffer.of(byte));
    await sleep(ms, exchange.signal);
  }
}

/** Cuts in the middle of the line and before each continuation byte, so that no character of several bytes stays whole. */
async function writePieces(exchange: Exchange, text: string, write: Write): Promise<void> {
  const bytes = Buffer.from(text);
  const middle = Math.floor(bytes.length / 2);
  let from = 0;
  for (let at = 1; at <= bytes.length; at += 1) {
    const byte = bytes[at];
    const isInsideCharacter = byte !== undefined && (byte & 0xc0) === 0x80;
    if (at === bytes.length || at === middle || isInsideCharacter) {
      await write(bytes.subarray(from, at));
      // Time enough for the piece to travel alone: clients join what they find in one read.
      await sleep(1, exchange.signal);
      from = at;
    }
  }
}

function joinLines(write: Write, end: () => undefined, count: number): LineWriter {
  let lines: string[] = [];
  const flush = (): Promise<void> | undefined => {
    const text = lines.join('');
    lines = [];
    return text === '' ? undefined : write(text);
  };
  return {
    write: (line) => {
      lines.push(line);
      return lines.length >= count ? flush() : undefined;
    },
    end: () => {
      const waiting = flush();
      return waiting ? waiting.then(end) : end();
    },
  };
}
