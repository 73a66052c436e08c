/** Streams a text without its outer whitespace: everything returned, joined, is the text trimmed. */
export class TrimmedStream {
  private begun = false;
  /** Whitespace that is inner only if something follows. */
  private held = '';

  push(chunk: string): string {
    const text = this.begun ? chunk : chunk.trimStart();
    const visible = text.trimEnd();
    if (visible === '') {
      this.held += text;
      return '';
    }
    const out = this.held + visible;
    this.begun = true;
    this.held = text.slice(visible.length);
    return out;
  }
}
