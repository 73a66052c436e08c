import { loadSettings } from '../../config/load-settings';
import { type Settings } from '../../config/settings.schema';
import { ChatModelFactory } from '../chat-model.factory';
import { ContextWindows } from '../context-windows';
import { type ModelCall, ModelCaller } from '../model-caller';
import { ModelFactsReader } from '../model-facts';
import { type OllamaHttp } from '../ollama-http';
import { ModelUse } from '../model-use';
import { OllamaFleet } from '../ollama-fleet';
import { OllamaServers } from '../ollama-servers';
import { ModelScheduler } from '../scheduling/model-scheduler';

/** The parts of the module, put together as Nest does. */
export interface OllamaParts {
  readonly settings: Settings;
  readonly http: OllamaHttp;
  readonly servers: OllamaServers;
  readonly facts: ModelFactsReader;
  readonly factory: ChatModelFactory;
  readonly scheduler: ModelScheduler;
  readonly caller: ModelCaller;
}

/** For specs only. */
export function ollamaParts(url: string, environment: Record<string, string> = {}): OllamaParts {
  const settings = loadSettings({
    OLLAMA_URL: url,
    DELTA_INTERVAL_MS: '1',
    OLLAMA_RETRY_BACKOFF_SECONDS: '0.001',
    ...environment,
  });
  const servers = new OllamaServers(settings);
  const [server] = servers.all;
  const facts = new ModelFactsReader(new OllamaFleet(servers));
  const factory = new ChatModelFactory(new ContextWindows(settings), settings);
  const scheduler = new ModelScheduler(servers, new ModelUse(), settings);
  return {
    settings,
    http: server.http,
    servers,
    scheduler,
    facts,
    factory,
    caller: new ModelCaller(scheduler, factory, facts, settings),
  };
}

/** A call with everything that the spec does not care about filled in. */
export function modelCall(more: Partial<ModelCall> = {}): ModelCall {
  return {
    purpose: 'reply',
    experimentId: 'experiment',
    conversationId: 'conversation',
    model: 'tiny',
    messages: [{ role: 'user', content: 'Hello' }],
    options: {},
    signal: new AbortController().signal,
    ...more,
  };
}
