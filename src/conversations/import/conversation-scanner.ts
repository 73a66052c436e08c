import { Collector, isBlank, type Stretch } from './collector';
import { JsonFault } from './json-stretch';

/** An element of the list `messages` of a conversation. */
export interface MessagePart extends Stretch {
  readonly kind: 'message';
}

/** The rest of a conversation: its text with the elements of `messages` left out. Comes after its messages. */
export interface ConversationPart extends Stretch {
  readonly kind: 'conversation';
  /** Place in the list; null when the text is not a list. */
  readonly index: number | null;
  /** Place of its first byte. */
  readonly start: number;
  /** Place after its last byte. */
  readonly end: number;
  /** Lists with the name `messages` that it has; of two nobody knows which one counts. */
  readonly messageLists: number;
  /** Messages of the last of them, those above the limit too. */
  readonly messageCount: number;
}

export type Part = MessagePart | ConversationPart;

export interface ScannerLimits {
  readonly maxMessageBytes: number;
  /** Most messages of a conversation; what comes after them is counted, no more. */
  readonly maxMessages: number;
  /** Largest rest of a conversation. */
  readonly maxHeadBytes: number;
  /** Deepest nesting, counted from the conversation. */
  readonly maxDepth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Longest spelling of a name that is looked at: `messages` with every letter escaped is shorter. */
const MAX_NAME_BYTES = 60;

/** Brackets that are matched here; JSON.parse matches all of them, but such depths are refused before. */
const MATCHED_DEPTH = 2_048;

/**
 * Cuts the JSON text of a conversation, or of a list of conversations, into messages and the rest of each conversation,
 * however the text is split into chunks. It only follows strings and brackets, at the speed of reading; what it cuts out is
 * for JSON.parse to judge, so no more than one message is ever held as objects. Streaming parsers were tried in its place:
 * @streamparser/json holds texts of any size and loses U+FEFF at the beginning of a piece, and needs as much code around it.
 */
export class ConversationScanner {
  /** Bytes of the chunks before this one. */
  private base = 0;
  private depth = 0;
  private readonly brackets = new Uint8Array(MATCHED_DEPTH);
  private inString = false;
  private isEscaped = false;

  private isListClosed = false;
  private itemIndex = 0;

  /** Collects the rest of the conversation in progress. */
  private head: Collector;
  /** Collects the message in progress; null outside of `messages`. */
  private message: Collector | null = null;
  private messageCount = 0;
  private messageLists = 0;

  /** Whether a string at the level of the conversation would be the name of a field. */
  private expectsName = false;
  /** Bytes of the name in progress. */
  private name: number[] | null = null;
  private lastName = '';
  private expectsValue = false;

  private parts: Part[] = [];

  /** @param shape `single` when the text is one conversation of a list, whatever it looks like */
  constructor(
    private readonly limits: ScannerLimits,
    private shape: 'unknown' | 'single' | 'list' = 'unknown',
  ) {
    this.head = new Collector(0, limits.maxHeadBytes);
  }

  /**
   * Takes the next chunk.
   * @returns what has been completed by it
   * @throws JsonFault
   */
  write(chunk: Buffer): Part[] {
    this.refuseOtherEncodings(chunk);
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (!this.inString) {
        this.readOutside(byte, at, chunk);
      } else if (this.name !== null || this.isEscaped || byte === QUOTE || byte === BACKSLASH) {
        this.readString(byte);
      }
    }
    this.collector?.take(chunk, chunk.length);
    this.base += chunk.length;
    this.collector?.nextChunk();
    return this.takeParts();
  }

  /**
   * Ends the text.
   * @throws JsonFault
   */
  end(): Part[] {
    if (this.inString || this.depth > 0) {
      throw new JsonFault(this.base, 'The text ends in the middle');
    }
    if (this.shape !== 'list') {
      if (this.head.isBlank) {
        throw new JsonFault(this.base, 'There is no text');
      }
      this.parts.push(this.conversation(null, this.base));
    }
    return this.takeParts();
  }

  /** The marks that Windows programs put before their texts; none of these bytes begins JSON. */
  private refuseOtherEncodings(chunk: Buffer): void {
    const [first] = chunk;
    if (this.base === 0 && (first === 0xef || first === 0xfe || first === 0xff)) {
      throw new JsonFault(0, 'The text begins with a byte order mark; it must be UTF-8 without one');
    }
  }

  private takeParts(): Part[] {
    const parts = this.parts;
    this.parts = [];
    return parts;
  }

  /** Where the bytes go; nowhere around the conversations of a list. */
  private get collector(): Collector | null {
    return (
      this.message ?? (this.shape === 'list' && (this.depth === 0 || this.isListClosed) ? null : this.head)
    );
  }

  /** Depth inside a conversation. */
  private get level(): number {
    return this.depth - (this.shape === 'list' ? 1 : 0);
  }

  private readString(byte: number): void {
    if (this.isEscaped) {
      this.isEscaped = false;
    } else if (byte === BACKSLASH) {
      this.isEscaped = true;
    } else if (byte === QUOTE) {
      this.inString = false;
      if (this.name !== null) {
        this.lastName = nameOf(this.name);
        this.name = null;
      }
      return;
    }
    if (this.name !== null && this.name.length <= MAX_NAME_BYTES) {
      this.name.push(byte);
    }
  }

  private readOutside(byte: number, at: number, chunk: Buffer): void {
    if (isBlank(byte)) {
      return;
    }
    if (this.isListClosed) {
      throw new JsonFault(this.base + at, 'Unexpected text after the list');
    }
    if (this.shape === 'unknown') {
      this.shape = byte === OPEN_LIST ? 'list' : 'single';
      if (this.shape === 'list') {
        this.push(byte);
        this.head = this.collectFrom(at + 1, this.limits.maxHeadBytes);
        return;
      }
    }
    switch (byte) {
      case QUOTE:
        this.openString();
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        this.open(byte, at, chunk);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        this.close(byte, at, chunk);
        break;
      case COMMA:
        this.separate(at, chunk);
        break;
      case COLON:
        this.expectsValue ||= this.level === 1;
        break;
      default:
        this.expectsValue = false;
    }
  }

  private openString(): void {
    this.inString = true;
    if (this.level === 1 && this.expectsName) {
      // Of what is refused anyway, names need not be known.
      this.name = this.head.isTooLarge ? null : [];
      this.expectsName = false;
    }
    this.expectsValue &&= this.level !== 1;
  }

  private open(byte: number, at: number, chunk: Buffer): void {
    const opensMessages =
      byte === OPEN_LIST && this.level === 1 && this.expectsValue && this.lastName === 'messages';
    this.expectsValue = false;
    this.push(byte);
    if (this.level === 1) {
      this.expectsName = byte === OPEN_OBJECT;
    }
    if (this.level > this.limits.maxDepth) {
      (this.message ?? this.head).isTooDeep = true;
    }
    if (opensMessages) {
      this.messageLists += 1;
      this.head.take(chunk, at + 1);
      this.messageCount = 0;
      this.startMessage(at);
    }
  }

  private close(byte: number, at: number, chunk: Buffer): void {
    const opening = byte === CLOSE_LIST ? OPEN_LIST : OPEN_OBJECT;
    if (this.depth === 0 || (this.depth <= MATCHED_DEPTH && this.brackets[this.depth - 1] !== opening)) {
      throw new JsonFault(this.base + at, 'Unexpected closing bracket');
    }
    this.expectsValue = false;
    if (this.message !== null && this.level === 2) {
      this.finishMessage(at, chunk, true);
      this.message = null;
      this.head.resume(at, this.base + at);
    } else if (this.shape === 'list' && this.depth === 1) {
      this.finishItem(at, chunk, true);
      this.isListClosed = true;
    }
    this.depth -= 1;
  }

  private separate(at: number, chunk: Buffer): void {
    this.expectsValue = false;
    if (this.message !== null && this.level === 2) {
      this.finishMessage(at, chunk, false);
      this.startMessage(at);
    } else if (this.shape === 'list' && this.depth === 1) {
      this.finishItem(at, chunk, false);
      this.head = this.collectFrom(at + 1, this.limits.maxHeadBytes);
    } else if (this.level === 1) {
      this.expectsName = true;
    }
  }

  private push(byte: number): void {
    if (this.depth < MATCHED_DEPTH) {
      this.brackets[this.depth] = byte;
    }
    this.depth += 1;
  }

  private startMessage(at: number): void {
    if (this.message !== null && this.messageCount > this.limits.maxMessages) {
      this.message.reuse(at + 1);
    } else {
      this.message = this.collectFrom(at + 1, this.limits.maxMessageBytes);
    }
  }

  private finishMessage(at: number, chunk: Buffer, isLast: boolean): void {
    const { message } = this;
    message?.take(chunk, at);
    if (message === null || message.isBlank) {
      if (isLast && this.messageCount === 0) {
        return;
      }
      throw new JsonFault(this.base + at, 'A message is missing');
    }
    this.messageCount += 1;
    if (this.messageCount <= this.limits.maxMessages) {
      this.parts.push({ kind: 'message', ...message.stretch() });
    }
  }

  private finishItem(at: number, chunk: Buffer, isLast: boolean): void {
    this.head.take(chunk, at);
    if (this.head.isBlank) {
      if (isLast && this.itemIndex === 0) {
        return;
      }
      throw new JsonFault(this.base + at, 'An item of the list is missing');
    }
    this.parts.push(this.conversation(this.itemIndex, this.base + at));
    this.itemIndex += 1;
  }

  private conversation(index: number | null, end: number): ConversationPart {
    const { messageLists, messageCount } = this;
    this.messageLists = 0;
    this.messageCount = 0;
    const start = this.head.offset;
    return { kind: 'conversation', index, start, end, messageLists, messageCount, ...this.head.stretch() };
  }

  private collectFrom(at: number, maxBytes: number): Collector {
    return new Collector(this.base + at, maxBytes, at);
  }
}

function nameOf(bytes: readonly number[]): string {
  if (bytes.length > MAX_NAME_BYTES) {
    return '';
  }
  try {
    return String(JSON.parse(`"${Buffer.from(bytes).toString('utf8')}"`));
  } catch {
    return '';
  }
}
