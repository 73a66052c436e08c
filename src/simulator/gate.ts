import { Match, RequestFacts, isMatch } from './matching';
import { Stats } from './stats';
import { waitFor } from './timing';

/** Answers that match wait after that many tokens. */
export interface Hold {
  afterTokens: number;
  match?: Match;
}

/** Stops answers in mid-stream until they are released, so that tests need no sleeps. */
export interface Gate {
  hold(hold: Hold): void;
  /** Lets every held answer go on and forgets all holds. */
  release(): void;
  holds(): readonly Hold[];
  /** Waits while held; undefined where the answer may go on at once. An abort rejects. */
  pass(facts: RequestFacts, tokens: number, signal: AbortSignal): Promise<void> | undefined;
}

export function createGate(stats: Stats): Gate {
  let holds: Hold[] = [];
  let waiting = new Set<() => void>();

  const wait = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    stats.update((values) => (values.heldChats += 1));
    try {
      await waitFor(signal, (done) => {
        waiting.add(done);
        return () => waiting.delete(done);
      });
    } finally {
      stats.update((values) => (values.heldChats -= 1));
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
      const isHeld = holds.some((hold) => tokens >= hold.afterTokens && isMatch(hold.match, facts));
      return isHeld ? wait(signal) : undefined;
    },
  };
}
