import { type Step } from './progress-meter';

export interface StallLimits {
  /** Milliseconds in which a byte must move, whatever lines come: Ollama goes on telling while nothing moves. */
  readonly staleMs: number;
  /** Milliseconds for verifying and writing, during which Ollama is silent. */
  readonly verifyMs: number;
}

/** Tells a pull that hangs from one that is verified. */
export class StallWatch {
  private movedAt: number;
  private closing = false;

  constructor(
    private readonly limits: StallLimits,
    private readonly now: () => number,
  ) {
    this.movedAt = now();
  }

  /** @returns whether another limit counts from now on */
  note({ moved, isClosing }: Step): boolean {
    const changed = isClosing !== this.closing;
    this.closing = isClosing;
    if (moved || changed) {
      this.movedAt = this.now();
    }
    return changed;
  }

  /** Milliseconds that are left; none = it hangs. */
  leftMs(): number {
    const limit = this.closing ? this.limits.verifyMs : this.limits.staleMs;
    return this.movedAt + limit - this.now();
  }
}
