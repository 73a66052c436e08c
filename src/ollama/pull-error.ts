import { DomainError } from '../common/errors/domain-error';
import { type PullCode } from '../common/errors/error-codes';
import { ModelCallError } from './model-call-error';

/** A pull that Ollama ended, or that had to be ended, with a text that a person can act on. */
export class PullError extends DomainError {
  constructor(
    override readonly code: PullCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, {}, options);
  }
}

/**
 * What a new try of a failed pull is good for. `again`: the network or the server stumbled, and Ollama goes on where
 * it was. `once`: what the pull met is over by itself. `no`: the same would come of it.
 */
export type PullRetry = 'again' | 'once' | 'no';

/** Faults of the way between this server and Ollama. */
const RETRY_CODES: ReadonlySet<string> = new Set([
  'OLLAMA_UNREACHABLE',
  'CONNECT_TIMEOUT',
  'OLLAMA_BUSY',
  'PULL_CUT',
]);

/** Ollama's texts for faults of the way between it and the registry (ollama-wire §6). */
const NETWORK_FAULT =
  /max retries exceeded|dial tcp|no such host|connection (?:reset|refused)|i\/o timeout|deadline exceeded|TLS handshake|unexpected EOF|: EOF$|manifest: 5\d\d\b/i;

/** A pull right after the cancel of another one of the same model meets its end (ollama-wire §6). */
const MEETS_CANCELLED = /context canceled$/i;

/**
 * Whether to try a failed pull again. Unknown models, refused access, a digest that does not fit, a full disk and texts
 * that are not known say the same the next time; a stalled pull has used up its time (wire-contract §9.6).
 */
export function retryOf(error: unknown): PullRetry {
  if (error instanceof PullError && error.code === 'PULL_FAILED') {
    if (MEETS_CANCELLED.test(error.message)) {
      return 'once';
    }
    return NETWORK_FAULT.test(error.message) ? 'again' : 'no';
  }
  if (!(error instanceof PullError || error instanceof ModelCallError)) {
    return 'no';
  }
  const isServerFault = error.code === 'OLLAMA_ERROR' && error.status >= 500;
  return isServerFault || RETRY_CODES.has(error.code) ? 'again' : 'no';
}
