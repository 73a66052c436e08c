import { MarkerScanner, type Piece } from './marker-scanner';
import { OwnPrefix } from './own-prefix';
import { type SpeakerMarks } from './speaker-marks';
import { TrimmedStream } from './trimmed-stream';

/**
 * Cleans the visible text of an answer: the echoed own prefix and outer whitespace go, and the answer ends where a
 * line begins with another speaker's name (also in bold type or brackets) or number, for what follows is made up. An answer
 * whose very first characters are
 * `Other:`, without a line break, addresses that speaker and stays; the stop sequences of the request do the same.
 */
export class AnswerText {
  private readonly prefix: OwnPrefix;
  private readonly otherLines: MarkerScanner;
  /** Whose name a marker is. */
  private readonly names: ReadonlyMap<string, string>;
  private readonly trimmed = new TrimmedStream();
  private other: string | null = null;

  constructor({ own, others }: SpeakerMarks) {
    this.prefix = new OwnPrefix(own);
    this.names = others;
    this.otherLines = new MarkerScanner('\n', this.names.keys());
  }

  /** Name of the speaker at whose line the answer was cut; null = it was not. */
  get cutAt(): string | null {
    return this.other;
  }

  push(chunk: string): string {
    return this.take(this.otherLines.push(this.prefix.push(chunk)));
  }

  end(): string {
    return this.push(this.prefix.end()) + this.take(this.otherLines.end());
  }

  private take(pieces: readonly Piece[]): string {
    let out = '';
    for (const piece of pieces) {
      if (this.other !== null) {
        break;
      }
      if (piece.kind === 'text') {
        out += this.trimmed.push(piece.text);
      } else {
        this.other = this.names.get(piece.marker) ?? '';
      }
    }
    return out;
  }
}
