import { type DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { type StopRequest } from './experiment-end';
import { type PauseReason } from './experiment-state';

/** Why an experiment is to pause where no client asked for it. */
export interface PauseCause {
  readonly reason: PauseReason;
  /** The passing fault that a run was left with. */
  readonly fault: ErrorCode | null;
}

/** An experiment that is being worked on, and what was asked of that work. The first stop wins. */
export class ActiveExperiment {
  isMakingRoom = false;
  /** Resolves when the work on it has ended. */
  done: Promise<void> = Promise.resolve();
  /** Called when there may be more to do than before; set by whoever works on it. */
  onMoreToDo: () => void = () => undefined;
  private cause: PauseCause | null = null;
  private stopRequest: StopRequest | null = null;
  private readonly stopping = new AbortController();
  private abort = new AbortController();
  /** Turns that it may still take before it leaves off. */
  private turnsLeft = Infinity;
  /** Runs that may still be taken to work. */
  private runsLeft = Infinity;

  /** @param isSuspect whether it may be what ended the server, until it has finished a turn */
  constructor(
    readonly id: string,
    private isSuspect = false,
  ) {}

  /** Aborted when the turns in progress are to be broken off. */
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

  /** Whether its runs are to be left before their next steps. */
  get shouldLeave(): boolean {
    return this.turnsLeft <= 0;
  }

  /** Whether a further run may be taken to work. */
  get mayTakeRun(): boolean {
    return !this.shouldLeave && this.runsLeft > 0 && !this.abort.signal.aborted;
  }

  /** Whether only one run may be worked on, so that it shows what ends the server. */
  get isOnTrial(): boolean {
    return this.isSuspect;
  }

  /** Why it is to pause; null when nobody wants that, or a client. */
  get pauseCause(): PauseCause | null {
    return this.cause;
  }

  /** Begins the work on it. It must not throw. */
  work(work: () => Promise<void>): void {
    this.done = Promise.resolve().then(work);
  }

  /** Lets it leave off after so many turns. A fault tells more than any other cause. */
  pauseAfterTurns(turns: number, cause: PauseCause | null = null): void {
    this.turnsLeft = Math.min(this.turnsLeft, turns);
    this.cause = (this.cause?.fault ?? null) === null ? (cause ?? this.cause) : this.cause;
  }

  /** Lets it take one turn of one run. */
  pauseAfterOneTurn(): void {
    this.pauseAfterTurns(1);
    this.runsLeft = 1;
  }

  /** Lets another experiment go first: it is put back before its next turn. */
  makeRoom(): void {
    this.isMakingRoom = true;
    this.pauseAfterTurns(0);
  }

  countRun(): void {
    this.runsLeft -= 1;
  }

  countTurn(): void {
    this.turnsLeft -= 1;
    this.isSuspect = false;
    this.onMoreToDo();
  }

  /** Takes a request to pause back. What was broken off stays so. */
  keepGoing(): void {
    this.turnsLeft = Infinity;
    this.runsLeft = Infinity;
    this.cause = null;
    this.isMakingRoom = false;
    this.onMoreToDo();
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
