import { type SpeakerInTeam } from './agent';
import { AnswerText } from './answer-text';
import { speakerMarks, type SpeakerMarks } from './speaker-marks';
import { type AnswerPart, ThinkSplitter } from './think-tags';
import { TrimmedStream } from './trimmed-stream';

/** What a chunk adds to the message and to the thinking of the turn. */
export interface FilteredText {
  readonly text: string;
  readonly thinking: string;
}

/**
 * Cleans a model's raw text while it streams: thinking is told apart, the echoed own prefix stripped, speaking for
 * others cut. All `text` returned, joined, is the message as stored, trimmed; `thinking` likewise. Only what may
 * still become a marker, and whitespace that may be the last, is held back. Time is linear in the text.
 *
 * Some models close thinking that they never opened. What precedes such a tag is thinking as long as nothing of it
 * has been returned (the whole answer in one chunk, or only held text); else the tag alone is dropped, because what
 * was shown cannot be taken back.
 */
export class TurnTextFilter {
  private readonly splitter = new ThinkSplitter();
  private readonly thinking = new TrimmedStream();
  private readonly marks: SpeakerMarks;
  private answer: AnswerText;
  /** Something of the message has been returned. */
  private shown = false;
  /** Visible text of which nothing has been returned yet. */
  private unshown = '';

  constructor(speaker: SpeakerInTeam) {
    this.marks = speakerMarks(speaker);
    this.answer = this.newAnswer();
  }

  /** Name of the agent for whom the model began to speak; the caller may stop the stream. Null = it has not. */
  get cutAt(): string | null {
    return this.answer.cutAt;
  }

  get isCut(): boolean {
    return this.cutAt !== null;
  }

  push(chunk: string): FilteredText {
    return this.isCut ? { text: '', thinking: '' } : this.take(this.splitter.push(chunk));
  }

  /** The stream is over: returns what was held back. */
  end(): FilteredText {
    if (this.isCut) {
      return { text: '', thinking: '' };
    }
    const { text, thinking } = this.take(this.splitter.end());
    return { text: text + this.answer.end(), thinking };
  }

  private take(parts: readonly AnswerPart[]): FilteredText {
    let text = '';
    let thinking = '';
    for (const part of this.withUnopenedThinking(parts)) {
      if (part.kind === 'thinking') {
        thinking += this.thinking.push(part.text);
      } else if (part.kind === 'text') {
        text += this.answer.push(part.text);
        this.unshown += this.shown ? '' : part.text;
      }
      if (this.isCut) {
        break;
      }
    }
    if (text !== '') {
      this.shown = true;
      this.unshown = '';
    }
    return { text, thinking };
  }

  /** Turns the text before a closing tag into thinking if it was not opened and nothing was returned so far. */
  private withUnopenedThinking(parts: readonly AnswerPart[]): readonly AnswerPart[] {
    const tagAt = this.shown ? -1 : parts.findLastIndex(({ kind }) => kind === 'unopened');
    if (tagAt === -1) {
      return parts;
    }
    const before: AnswerPart[] = [{ kind: 'text', text: this.unshown }, ...parts.slice(0, tagAt)];
    this.answer = this.newAnswer();
    this.unshown = '';
    return [
      ...before.map((part) => (part.kind === 'text' ? { ...part, kind: 'thinking' as const } : part)),
      ...parts.slice(tagAt + 1),
    ];
  }

  private newAnswer(): AnswerText {
    return new AnswerText(this.marks);
  }
}
