import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';

/** Says, once, that the server is about to stop: it is not ready any more, and watchers are told to come back later. */
@Injectable()
export class ServerClosing {
  /** Fires once. */
  readonly begun = new Subject<void>();
  private closing = false;

  get isClosing(): boolean {
    return this.closing;
  }

  begin(): void {
    if (!this.closing) {
      this.closing = true;
      this.begun.next();
    }
  }
}
