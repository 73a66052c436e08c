import { type JsonStretch } from './json-stretch';

/** What makes up one JSON value, not parsed yet. */
export interface Stretch extends JsonStretch {
  /** Whether it is larger than allowed; its bytes are gone then. */
  readonly isTooLarge: boolean;
  readonly isTooDeep: boolean;
}

/** Puts together what belongs to one value, chunk by chunk. */
export class Collector {
  private pieces: Buffer[] = [];
  private size = 0;
  private readonly places: { at: number; place: number }[];
  /** Whether nothing but white space has been taken. */
  isBlank = true;
  isTooDeep = false;

  /**
   * @param offset place of its first byte in the text
   * @param from the same in the chunk in progress
   */
  constructor(
    readonly offset: number,
    private readonly maxBytes: number,
    private from = 0,
  ) {
    this.places = [{ at: 0, place: offset }];
  }

  get isTooLarge(): boolean {
    return this.size > this.maxBytes;
  }

  /** Takes the bytes of the chunk in progress up to a place. */
  take(chunk: Buffer, to: number): void {
    const { from } = this;
    this.from = to;
    this.size += to - from;
    this.isBlank &&= isBlankBetween(chunk, from, to);
    if (this.isTooLarge) {
      this.pieces = [];
    } else if (to > from) {
      this.pieces.push(chunk.subarray(from, to));
    }
  }

  /** Begins again with a value that is counted only. */
  reuse(from: number): void {
    this.from = from;
    this.size = 0;
    this.pieces = [];
    this.isBlank = true;
  }

  /** Leaves out what has come since, and goes on here. */
  resume(at: number, place: number): void {
    this.from = at;
    this.places.push({ at: this.size, place });
  }

  nextChunk(): void {
    this.from = 0;
  }

  stretch(): Stretch {
    const { isTooDeep, isTooLarge, places } = this;
    return { isTooDeep, isTooLarge, bytes: Buffer.concat(this.pieces), places };
  }
}

function isBlankBetween(chunk: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    if (!isBlank(chunk[at] ?? 0)) {
      return false;
    }
  }
  return true;
}

/** Whether JSON takes a byte for white space. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
