import { setTimeout as sleep } from 'node:timers/promises';
import { answerCommands } from '../commands';

export interface ReadOrder {
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
  readonly streams: number;
  /** Milliseconds between the starts of two streams. */
  readonly everyMs: number;
}

/** Reads one stream to its end and gives the number of its pieces. */
export type StreamReader = (order: ReadOrder) => Promise<number>;

function readerCommands(readStream: StreamReader) {
  return {
    async read(order: ReadOrder): Promise<number> {
      const reading: Promise<number>[] = [];
      for (let started = 0; started < order.streams; started += 1) {
        reading.push(readStream(order));
        await sleep(order.everyMs);
      }
      return (await Promise.all(reading)).reduce((sum, pieces) => sum + pieces, 0);
    },
  };
}

export type ReaderCommands = ReturnType<typeof readerCommands>;

/** Makes a program of a way to read streams. */
export function serveReader(readStream: StreamReader): void {
  answerCommands(readerCommands(readStream));
}
