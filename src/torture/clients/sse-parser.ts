/** An event of a stream, as a browser dispatches it. */
export interface SseMessage {
  /** The last id that the stream has told, not only with this event. */
  readonly lastEventId: string;
  /** Whether this event itself has an id. */
  readonly hasId: boolean;
  readonly event: string;
  /** The text of the data, unchanged. */
  readonly data: string;
}

/** Reads Server-Sent Events as the standard of HTML says, in pieces of any size. */
export class SseParser {
  lastEventId: string;
  retryMs: number | null = null;
  private rest = '';
  private isFirst = true;
  private event = '';
  private data: string[] = [];
  private id: string | null = null;

  constructor(
    private readonly onMessage: (message: SseMessage) => void,
    private readonly onComment: (comment: string) => void = () => undefined,
    lastEventId = '',
  ) {
    this.lastEventId = lastEventId;
  }

  push(piece: string): void {
    let unread = this.rest + piece;
    if (this.isFirst && unread !== '') {
      unread = unread.replace(/^\ufeff/, '');
      this.isFirst = false;
    }
    // A carriage return at the end may be the first half of a line break.
    const lines = unread.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    lines.forEach((line) => this.line(line));
  }

  private line(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    switch (field) {
      case '':
        this.onComment(value);
        break;
      case 'event':
        this.event = value;
        break;
      case 'data':
        this.data.push(value);
        break;
      case 'id':
        this.id = value.includes('\0') ? this.id : value;
        break;
      case 'retry':
        this.retryMs = /^\d+$/.test(value) ? Number(value) : this.retryMs;
        break;
    }
  }

  private dispatch(): void {
    const { id, event, data } = this;
    this.lastEventId = id ?? this.lastEventId;
    [this.id, this.event, this.data] = [null, '', []];
    if (data.length > 0) {
      this.onMessage({
        lastEventId: this.lastEventId,
        hasId: id !== null,
        event: event === '' ? 'message' : event,
        data: data.join('\n'),
      });
    }
  }
}
