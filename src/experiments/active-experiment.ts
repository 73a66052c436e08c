import { type DomainError } from '../common/errors/domain-error';
import { type ExperimentEnd, type KeepStopped } from './experiment-lifecycle';
import { type PauseReason } from './experiment-state';

/** Why an experiment is stopped before its time, how it then ends, and what becomes of its run in progress. */
export interface StopRequest {
  /** With this the model call under way is aborted. */
  readonly reason: DomainError;
  readonly end: ExperimentEnd;
  readonly keep: KeepStopped;
}

/** An experiment that is being worked on, and what was asked of that work. The first stop wins. */
export class ActiveExperiment {
  /** Why it is to pause, where no client asked for it. */
  pauseReason: PauseReason | null = null;
  isMakingRoom = false;
  /** Resolves when the work on it has ended. */
  done: Promise<void> = Promise.resolve();
  private stopRequest: StopRequest | null = null;
  private readonly stopping = new AbortController();
  private abort = new AbortController();
  /** Turns that it may still take before it leaves off. */
  private turnsLeft = Infinity;

  constructor(readonly id: string) {}

  /** Aborted when the turn in progress is to be broken off. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** How it was asked to stop; null while nobody did. */
  stopAsked(): StopRequest | null {
    return this.stopRequest;
  }

  /** Aborted when it was asked to stop. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  get shouldLeave(): boolean {
    return this.turnsLeft <= 0;
  }

  /** Begins the work on it. It must not throw. */
  work(work: () => Promise<void>): void {
    this.done = Promise.resolve().then(work);
  }

  pauseAfterTurns(turns: number, reason: PauseReason | null = null): void {
    this.turnsLeft = Math.min(this.turnsLeft, turns);
    this.pauseReason ??= reason;
  }

  /** Lets another experiment go first: it is put back before its next turn. */
  makeRoom(): void {
    this.isMakingRoom = true;
    this.pauseAfterTurns(0);
  }

  countTurn(): void {
    this.turnsLeft -= 1;
  }

  /** Takes a request to pause back. What was broken off stays so. */
  keepGoing(): void {
    this.turnsLeft = Infinity;
    this.pauseReason = null;
    this.isMakingRoom = false;
  }

  /** Makes ready for further work after a request that nobody wants any more. */
  renew(): void {
    this.keepGoing();
    if (this.abort.signal.aborted && this.stopRequest === null) {
      this.abort = new AbortController();
    }
  }

  breakOff(reason: DomainError): void {
    this.abort.abort(reason);
  }

  stop(request: StopRequest): void {
    this.stopRequest ??= request;
    this.stopping.abort();
    this.abort.abort(this.stopRequest.reason);
  }
}
