import { Download } from './download';
import { Exchange } from './exchange';
import { Fault } from './faults';
import { goStringify } from './go-json';
import { JsonObject } from './input';
import { Layer } from './layers';
import { createLineWriter } from './line-writer';
import { RequestFacts } from './matching';
import { FaultyPull, positionOf, strikePull } from './pull-faults';
import { PullPhase, PullProgress, bytesAt, isReached } from './pull-position';
import { SimulatorState } from './state';

/** A pull as it was asked for. */
export interface PullCall {
  state: SimulatorState;
  exchange: Exchange;
  facts: RequestFacts;
  fault: Fault | undefined;
  /** As the request spells it. */
  name: string;
  stream: boolean;
}

/** The lines of a pull on their way, with the places where it is held or a fault strikes. */
export interface PullCourse {
  readonly progress: PullProgress;
  /** Sends a line, then stops where a place is reached. Throws `PullEnd` where a fault ends the pull. */
  send(line: JsonObject): Promise<void>;
  /** Stops where a place is reached. */
  pass(): Promise<void>;
  endPhase(phase: PullPhase): Promise<void>;
  /** What the pull is busy with; without a download the blob is done. */
  work(layer: Layer, download: Download | undefined): void;
  /** How many bytes of the pull may come before something has to happen. */
  nextStop(): number;
  /** The last line and the end; a fault that did not find its place strikes before. */
  succeed(line: JsonObject): Promise<void>;
  /** The end after an error. */
  fail(text: string): Promise<void>;
  lastLine(): JsonObject;
}

export function createCourse(call: PullCall): PullCourse {
  const { state, exchange, facts, fault, name, stream } = call;
  const { pullTickMs: tickMs } = state.settings;
  const progress: PullProgress = { lines: 0, bytes: 0, totalBytes: undefined, ended: undefined };
  const writer = createLineWriter(exchange, fault);
  let lastLine: JsonObject = {};
  let armed = fault;

  const writeLine = async (line: JsonObject, newline = '\n'): Promise<void> => {
    lastLine = line;
    progress.lines += 1;
    if (stream) {
      await writer.write(goStringify(line) + newline);
    }
  };
  const pull: FaultyPull = {
    exchange,
    writer,
    name,
    streams: stream,
    tickMs,
    layer: undefined,
    firstNew: undefined,
    download: undefined,
    write: (line) => writeLine(line),
    sample: () => (pull.layer && pull.download ? blobLine(pull.layer, pull.download.completed()) : lastLine),
    discard: (layer) => state.blobs.forget([layer]),
  };
  const strike = async (): Promise<void> => {
    const struck = armed;
    armed = undefined;
    if (struck) {
      await strikePull(pull, struck);
    }
  };
  const pass = async (): Promise<void> => {
    if (state.gate.pullHolds(facts).some((hold) => isReached(hold, progress))) {
      pull.download?.limitTo(0);
      await state.gate.holdPull(exchange.signal);
    }
    if (armed && isReached(positionOf(armed), progress)) {
      await strike();
    }
  };

  return {
    progress,
    pass,
    async send(line) {
      await writeLine(line);
      await pass();
    },
    endPhase(phase) {
      progress.ended = phase;
      return pass();
    },
    work(layer, download) {
      pull.layer = layer;
      if (download) {
        pull.firstNew ??= layer;
      }
      pull.download = download;
    },
    nextStop() {
      const places = [...state.gate.pullHolds(facts), ...(armed ? [positionOf(armed)] : [])];
      return Math.min(...places.map((place) => bytesAt(place, progress.totalBytes ?? 0) ?? Infinity));
    },
    async succeed(line) {
      await strike();
      await writeLine(line, fault?.fault === 'last_line_without_newline' ? '' : '\n');
      if (stream) {
        await writer.end();
      }
    },
    async fail(text) {
      await writeLine({ error: text });
      if (stream) {
        await writer.end();
      }
    },
    lastLine: () => lastLine,
  };
}

/** A line of the progress of a blob; numbers that are zero are left out. */
export function blobLine({ digest, bytes }: Layer, completed: number): JsonObject {
  return {
    status: `pulling ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`,
    digest,
    ...(bytes > 0 ? { total: bytes } : {}),
    ...(completed > 0 ? { completed } : {}),
  };
}
