import { handleChat } from './chat';
import { answerDelete } from './delete';
import { Exchange, sendText } from './exchange';
import { answerInstantly, delayForFault, sendFaultyJson } from './fault-answers';
import { Fault, isInstant } from './faults';
import { JsonObject } from './input';
import { psAnswer, showAnswer, tagsAnswer, versionAnswer } from './inventory';
import { RequestFacts } from './matching';
import { handlePull } from './pull';
import { Outcome } from './request-log';
import { SimulatorState } from './state';

type Handler = (
  state: SimulatorState,
  exchange: Exchange,
  facts: RequestFacts,
  fault: Fault | undefined,
) => Promise<Outcome>;

interface Route {
  methods: readonly string[];
  handle: Handler;
}

const READ = ['GET', 'HEAD'];
const TEXT = 'text/plain; charset=utf-8';

/** The part of Ollama's API that is simulated; a new route is a line here and a handler. */
const ROUTES: Record<string, Route> = {
  '/': {
    methods: READ,
    handle: plain((_state, { response }) => sendText(response, 200, TEXT, 'Ollama is running')),
  },
  '/api/version': { methods: READ, handle: json(versionAnswer) },
  '/api/tags': { methods: READ, handle: json(tagsAnswer) },
  '/api/ps': { methods: ['GET'], handle: json(psAnswer) },
  '/api/show': { methods: ['POST'], handle: json(showAnswer) },
  '/api/delete': { methods: ['DELETE'], handle: plain(answerDelete) },
  '/api/pull': { methods: ['POST'], handle: handlePull },
  '/api/chat': { methods: ['POST'], handle: chat('chat') },
  '/api/generate': { methods: ['POST'], handle: chat('generate') },
};

/** Answers a request of an Ollama client: by its route, or with the texts for unknown paths and wrong methods. */
export async function answerOllama(
  state: SimulatorState,
  exchange: Exchange,
  facts: RequestFacts,
  fault: Fault | undefined,
): Promise<Outcome> {
  const { response, request, path } = exchange;
  const method = request.method ?? 'GET';
  const route = ROUTES[path];
  if (route?.methods.includes(method)) {
    return route.handle(state, exchange, facts, fault);
  }
  const cleaned = path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  if (route) {
    response.setHeader('Allow', route.methods.join(', '));
    sendText(response, 405, 'text/plain', '405 method not allowed');
  } else if (ROUTES[cleaned]) {
    // A doubled slash becomes a 301 even for POST, which clients then repeat as GET.
    const keepsMethod = method !== 'GET' && !path.includes('//');
    response.writeHead(keepsMethod ? 307 : 301, { Location: cleaned, 'Content-Length': 0 }).end();
  } else {
    sendText(response, 404, 'text/plain', '404 page not found');
  }
  return 'error';
}

function chat(kind: 'chat' | 'generate'): Handler {
  return (state, exchange, facts, fault) => handleChat(kind, state, exchange, facts, fault);
}

function json(answer: (state: SimulatorState, exchange: Exchange) => JsonObject): Handler {
  return async (state, exchange, _facts, fault) => {
    if (fault && isInstant(fault)) {
      return answerInstantly(exchange, fault);
    }
    await delayForFault(fault, exchange.signal);
    return sendFaultyJson(exchange, answer(state, exchange), fault);
  };
}

function plain(answer: (state: SimulatorState, exchange: Exchange) => void): Handler {
  return async (state, exchange, _facts, fault) => {
    if (fault && isInstant(fault)) {
      return answerInstantly(exchange, fault);
    }
    await delayForFault(fault, exchange.signal);
    answer(state, exchange);
    return 'done';
  };
}
