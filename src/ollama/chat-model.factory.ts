import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { ContextWindows } from './context-windows';
import { HerdChatOllama } from './herd-chat-ollama';
import { type ModelFacts } from './model-facts';
import { type OllamaHttp } from './ollama-http';
import { type SamplingOptions, type Think } from './sampling-options';
import { callLimits } from './watchdog';

/** Tokens that a call has to do with. */
export interface CallSizes {
  /** Context window that Ollama is asked for: prompt and answer together. */
  readonly numCtx: number;
  /** Most tokens of the answer. */
  readonly numPredict: number;
}

/** Makes the chat model for one call: an instance shared by two calls would abort both with one. */
@Injectable()
export class ChatModelFactory {
  constructor(
    private readonly windows: ContextWindows,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** What a call with these options asks for. */
  sizesFor(model: string, options: SamplingOptions, facts: ModelFacts): CallSizes {
    return {
      numCtx: this.windows.sizeFor(model, options.num_ctx, facts.contextLength),
      numPredict: options.num_predict ?? this.settings.defaultNumPredict,
    };
  }

  /** @param http the server that is to be called */
  create(
    http: OllamaHttp,
    model: string,
    options: SamplingOptions,
    facts: ModelFacts,
    format?: Readonly<Record<string, unknown>>,
  ): HerdChatOllama {
    const { settings } = this;
    return new HerdChatOllama({
      http,
      stream: {
        limits: callLimits(settings),
        maxCharacters: settings.maxMessageCharacters,
        gatherMs: settings.deltaIntervalMs,
      },
      model,
      temperature: options.temperature ?? settings.defaultTemperature,
      ...this.sizesFor(model, options, facts),
      keepAlive: wireKeepAlive(options.keep_alive ?? settings.defaultKeepAlive),
      think: facts.canThink === false ? undefined : (options.think ?? defaultThink(settings)),
      ...given('seed', options.seed),
      ...given('topP', options.top_p ?? settings.defaultTopP),
      ...given('topK', options.top_k ?? settings.defaultTopK),
      ...given('minP', options.min_p ?? settings.defaultMinP),
      ...given('repeatPenalty', options.repeat_penalty ?? settings.defaultRepeatPenalty),
      ...given('format', format),
    });
  }
}

function given<K extends string, V>(key: K, value: V | null | undefined): Partial<Record<K, V>> {
  return value === null || value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);
}

/** Ollama refuses seconds as a text without unit (ollama-wire §3). */
export function wireKeepAlive(value: string | number): string | number {
  return typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
}

function defaultThink({ defaultThink: value }: Settings): Think | undefined {
  switch (value) {
    case null:
      return undefined;
    case 'true':
      return true;
    case 'false':
      return false;
    default:
      return value;
  }
}
