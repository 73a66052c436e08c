import { Exchange, STREAM_TYPE, breakConnection } from './exchange';
import { GARBAGE, wrongShape } from './fault-answers';
import { Fault, FaultName } from './faults';
import { goStringify } from './go-json';
import { LineWriter } from './line-writer';
import { untilAborted } from './timing';

/** A stream of lines in which a fault strikes. */
export interface FaultyStream {
  exchange: Exchange;
  writer: LineWriter;
  /** A line as the stream has them. */
  sample: () => unknown;
}

export const HUGE_BYTES = 20 * 1024 * 1024;

type Disturbance = (stream: FaultyStream, fault: Fault) => Promise<boolean>;

const DISTURBANCES: Partial<Record<FaultName, Disturbance>> = {
  stall_mid_stream: ({ exchange }) => {
    startStream(exchange);
    return untilAborted(exchange.signal);
  },
  cut_mid_stream: async ({ exchange }) => {
    startStream(exchange);
    await breakConnection(exchange, false);
    return true;
  },
  half_line: ({ writer, sample }) => {
    const line = goStringify(sample());
    return endWith(writer, line.slice(0, Math.floor(line.length / 2)));
  },
  end_without_done: ({ writer }) => endWith(writer, ''),
  garbage_line: async ({ writer }, { text = GARBAGE }) => {
    await writer.write(`${text}\n`);
    return false;
  },
  wrong_shape: async ({ writer }, fault) => {
    await writer.write(`${goStringify(wrongShape(fault))}\n`);
    return false;
  },
};

/** Does what a fault does in any stream of lines, if it is such a fault; true where the stream ends with it. */
export async function disturbStream(stream: FaultyStream, fault: Fault): Promise<boolean> {
  return (await DISTURBANCES[fault.fault]?.(stream, fault)) ?? false;
}

/** Writes a last text and completes the stream. */
export async function endWith(writer: LineWriter, text: string): Promise<boolean> {
  if (text !== '') {
    await writer.write(text);
  }
  await writer.end();
  return true;
}

/** A fault at the very beginning still shows the client status and headers. */
function startStream({ response }: Exchange): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'Content-Type': STREAM_TYPE }).flushHeaders();
  }
}
