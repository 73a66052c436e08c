import { Injectable } from '@nestjs/common';
import { unlessAborted } from './abort-reason';
import { type ModelDetails } from './ollama.client';
import { OllamaFleet } from './ollama-fleet';

/** What is known of an installed model; null where Ollama could not say. */
export interface ModelFacts {
  readonly digest: string | null;
  /** Longest context in tokens that the model was trained for. */
  readonly contextLength: number | null;
  readonly canThink: boolean | null;
  readonly canUseTools: boolean | null;
  /** Stop sequences of the model itself; a request that has `stop` replaces them. */
  readonly stops: readonly string[];
}

/** Milliseconds after which a model is looked up again: it may have been pulled anew. */
const REMEMBER_MS = 60_000;

/** Looks models up and remembers them for a while. A failed look-up is no failure of the call that needs it. */
@Injectable()
export class ModelFactsReader {
  private readonly remembered = new Map<
    string,
    { readonly facts: Promise<ModelFacts>; readonly until: number }
  >();

  constructor(private readonly ollama: OllamaFleet) {}

  /** @throws the reason of the signal when it is aborted; the look-up itself goes on, others may wait for it */
  async read(model: string, signal?: AbortSignal): Promise<ModelFacts> {
    const facts = this.remember(model);
    return signal ? unlessAborted(facts, signal) : facts;
  }

  private remember(model: string): Promise<ModelFacts> {
    const now = performance.now();
    for (const [name, { until }] of this.remembered) {
      if (until < now) {
        this.remembered.delete(name);
      }
    }
    const known = this.remembered.get(model);
    if (known) {
      return known.facts;
    }
    const facts = this.lookUp(model);
    this.remembered.set(model, { facts, until: now + REMEMBER_MS });
    return facts;
  }

  private async lookUp(model: string): Promise<ModelFacts> {
    const [details, installed] = await Promise.allSettled([
      this.ollama.show(model),
      this.ollama.findInstalled(model),
    ]);
    if (details.status === 'rejected') {
      this.remembered.delete(model);
      return { digest: null, contextLength: null, canThink: null, canUseTools: null, stops: [] };
    }
    return {
      digest: installed.status === 'fulfilled' ? (installed.value?.digest ?? null) : null,
      contextLength: contextLengthOf(details.value),
      canThink: details.value.capabilities?.includes('thinking') ?? null,
      canUseTools: details.value.capabilities?.includes('tools') ?? null,
      stops: stopsOf(details.value),
    };
  }
}

/** Longest context in tokens that a model was trained for; null where Ollama does not say. */
export function contextLengthOf({ model_info: info }: ModelDetails): number | null {
  const value = Object.entries(info ?? {}).find(([key]) => key.endsWith('.context_length'))?.[1];
  return typeof value === 'number' && value > 0 ? value : null;
}

/** `parameters` is one text of lines: a name, blanks, and the value, quoted when it is a text (ollama-wire §2). */
function stopsOf({ parameters }: ModelDetails): string[] {
  return [...(parameters ?? '').matchAll(/^stop\s+(.*)$/gm)].map(([, value = '']) => unquote(value.trim()));
}

function unquote(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}
