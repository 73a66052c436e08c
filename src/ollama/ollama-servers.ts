import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OllamaClient } from './ollama.client';
import { OllamaHttp } from './ollama-http';

/** One Ollama server and the ways to talk to it. Its address is its name. */
export interface OllamaServer {
  /** Such as `http://gpu-1:11434`. */
  readonly address: string;
  readonly http: OllamaHttp;
  readonly client: OllamaClient;
}

/** The Ollama servers that do the work, in the order of OLLAMA_URLS. */
@Injectable()
export class OllamaServers {
  readonly all: readonly [OllamaServer, ...OllamaServer[]];

  constructor(
    @Inject(SETTINGS_TOKEN)
    { ollamaUrls, ollamaApiKey }: Pick<Settings, 'ollamaUrls' | 'ollamaApiKey'>,
  ) {
    const [first, ...others] = ollamaUrls.map((address) => serverAt(address, ollamaApiKey));
    if (!first) {
      throw new Error('There must be an Ollama server.');
    }
    this.all = [first, ...others];
  }
}

function serverAt(address: string, apiKey: string): OllamaServer {
  const http = new OllamaHttp(address, apiKey);
  return { address, http, client: new OllamaClient(http) };
}
