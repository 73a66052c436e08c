import { type Choice, type SchedulingState } from './scheduling-state';
import { type ServerState } from './server-state';
import { type WaitingCall } from './waiting-calls';

/** Milliseconds between two calls of a conversation, about: what keeping a slot for it costs. */
const USUAL_GAP_MS = 10;

/** Chooses among the calls that can be made at once, since their model is loaded or fits beside what is. */
export class ReadyCalls {
  constructor(private readonly state: SchedulingState) {}

  /** The call that goes next, at the least busy server that can take it; one whose prompt is in a cache goes where that is. */
  next(now: number): Choice | null {
    const free = this.state.servers
      .filter(({ freeSlots }) => freeSlots > 0)
      .toSorted((one, other) => other.freeSlots - one.freeSlots);
    for (const isWarm of [true, false]) {
      for (const server of free) {
        const call = this.best(server, isWarm, now);
        if (call) {
          return { call, server };
        }
      }
    }
    return null;
  }

  /** @param isWarm whether only calls count whose prompt is in a cache here */
  private best(server: ServerState, isWarm: boolean, now: number): WaitingCall | null {
    if (!isWarm && server.freeSlots <= this.keptFor(server, now)) {
      return null;
    }
    let best: WaitingCall | null = null;
    for (const model of this.readyModels(server)) {
      for (const call of this.state.waiting.of(model)) {
        const counts = !isWarm || this.state.isFirst(server, call, now);
        if (counts && (best === null || this.state.isBefore(call, best))) {
          best = call;
        }
      }
    }
    return best;
  }

  /** Models whose calls may begin at a server now without pushing another one out. */
  private readyModels(server: ServerState): string[] {
    return [...this.state.waiting.models()].filter((model) => {
      const candidates = this.state.serversFor(model);
      return (
        candidates.includes(server) &&
        (server.yieldingTo === null || server.yieldingTo === model) &&
        (server.loaded.has(model) ||
          (server.fitsBeside(model) && !candidates.some((other) => other.loaded.has(model))))
      );
    });
  }

  /** Slots that are kept for conversations that are about to come back and would have to read their prompt again. */
  private keptFor(server: ServerState, now: number): number {
    let kept = 0;
    for (const [conversation, { model, user }] of server.returning) {
      if (
        this.state.habits.comesBack(user) &&
        this.state.isFirst(server, { model, conversation }, now) &&
        this.isWorthKeeping(model, conversation)
      ) {
        kept += 1;
      }
    }
    return kept;
  }

  private isWorthKeeping(model: string, conversation: string): boolean {
    const { promptTokensPerSecond } = this.state.speeds.of(model);
    const tokens = this.state.promptTokens.get(conversation);
    return (
      promptTokensPerSecond === null ||
      tokens === undefined ||
      (tokens * 1000) / promptTokensPerSecond > USUAL_GAP_MS
    );
  }
}
