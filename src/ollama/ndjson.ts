import { StringDecoder } from 'node:string_decoder';

/** A line longer than the limit. */
export class LineTooLongError extends Error {}

/**
 * Cuts a byte stream into lines. A network chunk is not a line: lines, and characters, may be split over chunks and
 * several may come in one (ollama-wire §1).
 */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly maxLineLength: number) {}

  /** The lines that this chunk completes, without blank ones. */
  push(chunk: Buffer): string[] {
    const text = this.decoder.write(chunk);
    if (!text.includes('\n')) {
      this.rest += text;
      this.checkLength(this.rest);
      return [];
    }
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    this.checkLength(this.rest);
    return lines.filter((line) => {
      this.checkLength(line);
      return line.trim() !== '';
    });
  }

  /** The last line when it had no line end; null when nothing is left. */
  end(): string | null {
    const line = this.rest + this.decoder.end();
    this.rest = '';
    return line.trim() === '' ? null : line;
  }

  private checkLength(line: string): void {
    if (line.length > this.maxLineLength) {
      throw new LineTooLongError();
    }
  }
}
