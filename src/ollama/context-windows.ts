import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { fullModelName } from './model-name';

/**
 * One context window for each model, whoever uses it: another `num_ctx` makes Ollama load the model anew
 * (ollama-wire §3). The largest that anyone asked for since the start counts, at most what the model has.
 */
@Injectable()
export class ContextWindows {
  private readonly windows = new Map<string, number>();

  constructor(@Inject(SETTINGS_TOKEN) private readonly settings: Settings) {}

  /** Tokens to ask for. */
  sizeFor(model: string, asked: number | undefined, contextLength: number | null): number {
    const name = fullModelName(model);
    const wanted = asked ?? this.settings.defaultNumCtx;
    const size = Math.min(Math.max(wanted, this.windows.get(name) ?? 0), contextLength ?? Infinity);
    this.windows.set(name, size);
    return size;
  }

  /** Tokens that calls for a model ask for; undefined = there was none yet. */
  known(model: string): number | undefined {
    return this.windows.get(fullModelName(model));
  }
}
