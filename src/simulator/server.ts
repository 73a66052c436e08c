import { IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { Socket } from 'node:net';
import { answerControl, isControlPath } from './control';
import { Exchange, readBody, sendJson } from './exchange';
import { looseMessages } from './chat-request';
import { JsonObject, isObject } from './input';
import { RequestFacts } from './matching';
import { comparableName } from './model-names';
import { namedModel } from './named-request';
import { OllamaError } from './ollama-error';
import { Outcome } from './request-log';
import { answerOllama } from './routes';
import { SettingsPatch, changeSettings, defaultSettings } from './settings';
import { SimulatorState, createState } from './state';

/** A simulated Ollama server. */
export interface Simulator {
  /** Listens and gives the base URL; port 0 takes a free one. */
  listen(port?: number, host?: string): Promise<string>;
  /** Ends everything at once, running answers too. */
  close(): Promise<void>;
}

export function createSimulator(patch: SettingsPatch = {}): Simulator {
  const state = createState(changeSettings(defaultSettings(), patch));
  const connections = new WeakSet<Socket>();
  // Ollama sets no time limits and never closes an idle connection.
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      if (isControlPath(path)) {
        void answerControl(state, path, request, response);
      } else {
        countConnection(state, connections, request.socket);
        void serveOllama(state, path, request, response);
      }
    },
  );
  return {
    listen: (port = 11434, host = '127.0.0.1') => listen(server, port, host),
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.all([...state.running].map((end) => end()));
      server.closeAllConnections();
      await closed;
      state.scheduler.clear();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') {
    throw new Error('the server has no address');
  }
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/** A connection counts from its first Ollama request on: one that only drives the simulator is not Ollama's business. */
function countConnection({ stats }: SimulatorState, connections: WeakSet<Socket>, socket: Socket): void {
  if (connections.has(socket)) {
    return;
  }
  connections.add(socket);
  stats.update((values) => {
    values.openConnections += 1;
    values.totalConnections += 1;
  });
  socket.once('close', () => stats.update((values) => (values.openConnections -= 1)));
}

async function serveOllama(
  state: SimulatorState,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const receivedAt = performance.now();
  const record = state.requests.open(request.method ?? 'GET', path, request.headers);
  state.stats.update(({ requests }) => {
    requests['total'] = (requests['total'] ?? 0) + 1;
    requests[path] = (requests[path] ?? 0) + 1;
  });
  const controller = new AbortController();
  const leave = (): void => controller.abort(new Error('the client left'));
  response.once('close', () => {
    if (record.outcome === 'running' && !response.writableFinished) {
      leave();
    }
  });
  const exchange: Exchange = {
    request,
    response,
    path,
    body: '',
    record,
    receivedAt,
    signal: controller.signal,
  };
  const run = async (): Promise<void> => {
    record.outcome = await answer(state, exchange);
    record.closed_after_ms = Math.round(performance.now() - receivedAt);
  };
  const over = run();
  const end = async (): Promise<void> => {
    leave();
    request.socket.destroy();
    await over;
  };
  state.running.add(end);
  await over;
  state.running.delete(end);
}

async function answer(state: SimulatorState, exchange: Exchange): Promise<Outcome> {
  const { request, response, path, record, signal } = exchange;
  try {
    exchange.body = await readBody(request);
    const body = parseLoosely(exchange.body);
    state.requests.setBody(record, body, Buffer.byteLength(exchange.body));
    const facts = readFacts(state, path, isObject(body) ? body : {});
    const fault = state.faults.take(facts);
    if (fault) {
      record.fault = fault.fault;
      state.stats.update((values) => (values.faultsApplied += 1));
    }
    return await answerOllama(state, exchange, facts, fault);
  } catch (error) {
    if (signal.aborted || !request.complete) {
      response.destroy();
      return 'cancelled';
    }
    if (response.headersSent) {
      response.destroy();
    } else {
      const status = error instanceof OllamaError ? error.status : 500;
      sendJson(response, status, { error: error instanceof Error ? error.message : String(error) });
    }
    return 'error';
  }
}

function parseLoosely(text: string): unknown {
  if (text === '') {
    return null;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function readFacts({ cancelledPulls }: SimulatorState, path: string, body: JsonObject): RequestFacts {
  const { messages, prompt, system } = body;
  const model = namedModel(body);
  return {
    path,
    model,
    messages: looseMessages(body),
    json: JSON.stringify(messages ?? [system ?? '', prompt ?? '']),
    followsCancel: cancelledPulls.has(comparableName(model)),
  };
}
