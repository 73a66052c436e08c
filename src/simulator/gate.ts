import { Match, RequestFacts, isMatch } from './matching';
import { PullPosition } from './pull-position';
import { Stats } from './stats';
import { waitFor } from './timing';

/** Answers that match wait after that many tokens, pulls that match at that place. */
export interface Hold extends PullPosition {
  /** Only for answers; without it the hold is for pulls. */
  afterTokens?: number;
  match?: Match;
}

/** Stops answers and pulls in the middle until they are released, so that tests need no sleeps. */
export interface Gate {
  hold(hold: Hold): void;
  /** Lets everything that is held go on and forgets all holds. */
  release(): void;
  holds(): readonly Hold[];
  /** Waits while an answer is held; undefined where it may go on at once. An abort rejects. */
  pass(facts: RequestFacts, tokens: number, signal: AbortSignal): Promise<void> | undefined;
  /** The holds that a pull will meet. */
  pullHolds(facts: RequestFacts): readonly PullPosition[];
  /** Waits until the next release, as a pull that is held. An abort rejects. */
  holdPull(signal: AbortSignal): Promise<void>;
}

export function createGate(stats: Stats): Gate {
  let holds: Hold[] = [];
  let waiting = new Set<() => void>();

  const wait = async (counter: 'heldChats' | 'heldPulls', signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    stats.update((values) => (values[counter] += 1));
    try {
      await waitFor(signal, (done) => {
        waiting.add(done);
        return () => waiting.delete(done);
      });
    } finally {
      stats.update((values) => (values[counter] -= 1));
    }
  };

  return {
    hold: (hold) => holds.push(hold),
    release() {
      const released = waiting;
      holds = [];
      waiting = new Set();
      released.forEach((goOn) => goOn());
    },
    holds: () => holds,
    pass(facts, tokens, signal) {
      const isHeld = holds.some(
        ({ afterTokens, match }) =>
          afterTokens !== undefined && tokens >= afterTokens && isMatch(match, facts),
      );
      return isHeld ? wait('heldChats', signal) : undefined;
    },
    pullHolds: (facts) =>
      holds.filter(({ afterTokens, match }) => afterTokens === undefined && isMatch(match, facts)),
    holdPull: (signal) => wait('heldPulls', signal),
  };
}
