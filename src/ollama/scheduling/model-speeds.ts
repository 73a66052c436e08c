/** What Ollama measured of a call, in milliseconds and tokens. */
export interface CallMeasures {
  readonly loadMs: number;
  readonly promptMs: number;
  readonly promptTokens: number;
  readonly generateMs: number;
  readonly completionTokens: number;
}

/** How fast a model was of late. Null = not seen yet. */
export interface ModelSpeed {
  readonly tokensPerSecond: number | null;
  readonly promptTokensPerSecond: number | null;
  readonly loadMs: number | null;
  /** Milliseconds that a call holds its slot, the load left out. */
  readonly callMs: number | null;
}

/** Weight of a new measurement beside those before it. */
const NEW_WEIGHT = 0.2;

/** Moving averages of what calls took, by model. */
export class ModelSpeeds {
  private readonly speeds = new Map<string, ModelSpeed>();

  of(model: string): ModelSpeed {
    return this.speeds.get(model) ?? UNKNOWN;
  }

  /**
   * @param isLoad whether the call had to load its model
   * @param isCold whether nothing of its prompt was in a cache: only then its reading was measured
   */
  learn(
    model: string,
    measures: CallMeasures,
    { isLoad, isCold }: { readonly isLoad: boolean; readonly isCold: boolean },
  ): void {
    const { loadMs, promptMs, promptTokens, generateMs, completionTokens } = measures;
    const before = this.of(model);
    this.speeds.set(model, {
      tokensPerSecond: average(before.tokensPerSecond, rate(completionTokens, generateMs)),
      promptTokensPerSecond: isCold
        ? average(before.promptTokensPerSecond, rate(promptTokens, promptMs))
        : before.promptTokensPerSecond,
      loadMs: isLoad ? average(before.loadMs, loadMs) : before.loadMs,
      callMs: average(before.callMs, promptMs + generateMs),
    });
  }
}

const UNKNOWN: ModelSpeed = {
  tokensPerSecond: null,
  promptTokensPerSecond: null,
  loadMs: null,
  callMs: null,
};

function rate(tokens: number, ms: number): number | null {
  return tokens > 0 && ms > 0 ? (tokens * 1000) / ms : null;
}

function average(before: number | null, now: number | null): number | null {
  if (now === null || before === null) {
    return now ?? before;
  }
  return before + NEW_WEIGHT * (now - before);
}
