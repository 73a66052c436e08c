import { DomainError } from '../common/errors/domain-error';

/** A request that may come again under its key. */
export interface KeyedRequest {
  readonly key: string;
  /** Method and path. The same key on another route is another key. */
  readonly route: string;
  /** SHA-256 of the body. */
  readonly requestHash: string;
}

/** What is stored of a key. */
export interface Reservation {
  readonly requestHash: string;
  readonly resourceId: string;
  /** Null while there is no answer. */
  readonly status: number | null;
  /** JSON. */
  readonly answer: string | null;
}

/** Where keys are kept; what it has done outlives a crash. */
export interface ReservationStore {
  find(request: KeyedRequest): Promise<Reservation | null>;
  /** Stores the key without an answer, with a fresh id for what will be created; gives that id. */
  reserve(request: KeyedRequest): Promise<string>;
  /** Stores the answer. */
  complete(request: KeyedRequest, status: number, answer: string): Promise<void>;
  /** Forgets the key. */
  release(request: KeyedRequest): Promise<void>;
}

/** What a request was answered with. */
export interface Answered {
  readonly status: number;
  /** Goes to JSON and back unchanged. */
  readonly body: unknown;
}

export interface IdempotentRequestsOptions {
  /** Whether a failed request was refused before it created anything, so that it may be corrected under its key. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Hears that the store failed after the work was done; the client gets its answer all the same. */
  readonly onStoreFailure: (error: unknown) => void;
}

/** A longer answer is kept in its short form, in bytes of JSON. */
const MAX_KEPT_ANSWER_BYTES = 1_048_576;

/**
 * Lets each keyed request do its work once. The key is stored before the work begins, with the id of what the work will
 * create. A key that is stored without an answer, and is not in progress here, is what a crash or a fault left behind:
 * the work is done with the same id again, and finds what it created before, if it did.
 */
export class IdempotentRequests {
  /** Hashes of the requests that are worked on in this process. */
  private readonly inProgress = new Map<string, string>();

  constructor(
    private readonly store: ReservationStore,
    private readonly options: IdempotentRequestsOptions,
  ) {}

  /**
   * Does the work of a request, or gives the answer that it got before.
   * @param work gets the id for what it creates
   * @param shorten makes the short form of an answer that is too long to be kept
   * @throws DomainError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS; whatever `work` throws
   */
  async run(
    request: KeyedRequest,
    work: (resourceId: string) => Promise<Answered>,
    shorten: (body: unknown) => unknown = (body) => body,
  ): Promise<Answered & { readonly isReplayed: boolean }> {
    const name = JSON.stringify([request.key, request.route]);
    const other = this.inProgress.get(name);
    if (other !== undefined) {
      throw other === request.requestHash ? stillInProgress() : keyReused();
    }
    this.inProgress.set(name, request.requestHash);
    try {
      return await this.replayOrWork(request, work, shorten);
    } finally {
      this.inProgress.delete(name);
    }
  }

  private async replayOrWork(
    request: KeyedRequest,
    work: (resourceId: string) => Promise<Answered>,
    shorten: (body: unknown) => unknown,
  ): Promise<Answered & { readonly isReplayed: boolean }> {
    const stored = await this.store.find(request);
    if (stored !== null && stored.requestHash !== request.requestHash) {
      throw keyReused();
    }
    if (stored !== null && stored.status !== null) {
      return { status: stored.status, body: JSON.parse(stored.answer ?? 'null'), isReplayed: true };
    }
    const resourceId = stored?.resourceId ?? (await this.store.reserve(request));
    const answered = await this.work(request, () => work(resourceId));
    const answer = keptAnswer(answered.body, shorten);
    // Without the answer the key is as after a crash: another request finds what was created.
    await this.tryToStore(() => this.store.complete(request, answered.status, answer));
    return { ...answered, isReplayed: false };
  }

  /** After a fault of ours the key stays with its id, since something may have been created. */
  private async work(request: KeyedRequest, work: () => Promise<Answered>): Promise<Answered> {
    try {
      return await work();
    } catch (error) {
      if (this.options.isRefusal(error)) {
        await this.tryToStore(() => this.store.release(request));
      }
      throw error;
    }
  }

  private async tryToStore(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.options.onStoreFailure(error);
    }
  }
}

function keptAnswer(body: unknown, shorten: (body: unknown) => unknown): string {
  const answer = JSON.stringify(body ?? null);
  return Buffer.byteLength(answer) > MAX_KEPT_ANSWER_BYTES ? JSON.stringify(shorten(body)) : answer;
}

function keyReused(): DomainError {
  return new DomainError(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used before with another body. Take a new key for another request.',
  );
}

function stillInProgress(): DomainError {
  return new DomainError(
    'IDEMPOTENCY_IN_PROGRESS',
    'The first request with this Idempotency-Key is still worked on. Try again.',
  );
}
