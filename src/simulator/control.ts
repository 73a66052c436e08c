import { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './exchange';
import { PULL_PATH, readFaults } from './faults';
import { Hold } from './gate';
import { InvalidInput, optional, readInteger, readNumber, readObject, readText } from './input';
import { readMatch } from './matching';
import { POSITION_FIELDS, hasPosition, readPosition } from './pull-position';
import { readScript } from './scripts';
import { changeSettings } from './settings';
import { SimulatorState, resetState } from './state';
import { StatValues, statAt } from './stats';

/** The answer of a control route; 200 unless it says otherwise. */
interface ControlAnswer {
  status?: number;
  body: unknown;
}

interface ControlRequest {
  state: SimulatorState;
  body: unknown;
  query: URLSearchParams;
  /** Resolves when the caller is gone. */
  gone: Promise<void>;
}

type ControlHandler = (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;

const DEFAULT_WAIT_MS = 5000;
const MAX_WAIT_MS = 600_000;

const ROUTES: Record<string, ControlHandler> = {
  'GET /_sim/config': ({ state }) => ({ body: state.settings }),
  'POST /_sim/config': ({ state, body }) => {
    state.settings = changeSettings(state.settings, body);
    return { body: state.settings };
  },
  'GET /_sim/script': ({ state }) => ({ body: { replies: state.scripts.remaining() } }),
  'POST /_sim/script': ({ state, body }) => {
    state.scripts.add(readScript(body));
    return { body: { replies: state.scripts.remaining() } };
  },
  'GET /_sim/faults': ({ state }) => ({ body: { faults: state.faults.armed() } }),
  'POST /_sim/faults': ({ state, body }) => {
    state.faults.add(readFaults(body));
    return { body: { faults: state.faults.armed() } };
  },
  'DELETE /_sim/faults': ({ state }) => {
    state.faults.clear();
    return { body: { faults: state.faults.armed() } };
  },
  'POST /_sim/hold': ({ state, body }) => {
    state.gate.hold(readHold(body));
    return { body: { holds: state.gate.holds() } };
  },
  'POST /_sim/release': ({ state }) => {
    state.gate.release();
    return { body: { holds: state.gate.holds() } };
  },
  'GET /_sim/stats': ({ state }) => ({ body: state.stats.values }),
  'GET /_sim/requests': ({ state, query }) => {
    const limit = readInteger(Number(query.get('limit') ?? '1000'), 'limit', 1);
    return { body: { requests: state.requests.list(query.get('path') ?? undefined, limit) } };
  },
  'GET /_sim/loads': ({ state }) => ({ body: { loads: state.loads.list() } }),
  'GET /_sim/wait': waitForStat,
  'POST /_sim/reset': async ({ state }) => {
    await resetState(state);
    return { body: state.settings };
  },
};

export function isControlPath(path: string): boolean {
  return path === '/_sim' || path.startsWith('/_sim/');
}

/** Answers a control route. None of this shows in the counters or among the recorded requests. */
export async function answerControl(
  state: SimulatorState,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  const { status = 200, body } = await controlAnswer(state, path, request, gone);
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(text);
}

async function controlAnswer(
  state: SimulatorState,
  path: string,
  request: IncomingMessage,
  gone: Promise<void>,
): Promise<ControlAnswer> {
  const handle = ROUTES[`${request.method} ${path}`];
  if (!handle) {
    const routes = Object.keys(ROUTES);
    return { status: 404, body: { error: `unknown control route ${request.method} ${path}`, routes } };
  }
  try {
    const text = await readBody(request);
    const body: unknown = text.trim() === '' ? {} : JSON.parse(text);
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
    return await handle({ state, body, query, gone });
  } catch (error) {
    const status = error instanceof InvalidInput || error instanceof SyntaxError ? 400 : 500;
    return { status, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function readHold(body: unknown): Hold {
  const object = readObject(body, 'the body', ['afterTokens', ...POSITION_FIELDS, 'match']);
  const afterTokens = optional(object, 'afterTokens', (value, what) => readInteger(value, what, 0));
  const position = readPosition(object);
  const match = optional(object, 'match', readMatch);
  if (!hasPosition(position) && match?.path !== PULL_PATH) {
    return { afterTokens: afterTokens ?? 0, match };
  }
  if (afterTokens !== undefined) {
    throw new InvalidInput(`afterTokens is for answers; a pull has ${POSITION_FIELDS.join(', ')}`);
  }
  return hasPosition(position) ? { ...position, match } : { afterLines: 0, match };
}

/** Answers as soon as the condition holds, so that tests wait for what happens and not for a time. */
async function waitForStat({ state, query, gone }: ControlRequest): Promise<ControlAnswer> {
  const { stats } = state;
  const stat = readText(query.get('stat') ?? undefined, 'stat');
  const isMet = readCondition(stat, query);
  if (statAt(stats.values, stat) === undefined) {
    throw new InvalidInput(`there is no stat "${stat}"`);
  }
  const timeoutMs = readNumber(
    Number(query.get('timeout_ms') ?? DEFAULT_WAIT_MS),
    'timeout_ms',
    0,
    MAX_WAIT_MS,
  );
  const startedAt = performance.now();
  const inTime =
    isMet(stats.values) ||
    (await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => finish(false), timeoutMs);
      const giveUp = stats.watch(isMet, () => finish(true));
      function finish(isDone: boolean): void {
        clearTimeout(timer);
        giveUp();
        resolve(isDone);
      }
      void gone.then(() => finish(false));
    }));
  const body = {
    stat,
    value: statAt(stats.values, stat),
    waited_ms: Math.round(performance.now() - startedAt),
  };
  return inTime ? { body } : { status: 408, body: { error: `${stat} did not get there in time`, ...body } };
}

function readCondition(stat: string, query: URLSearchParams): (values: StatValues) => boolean {
  const bound = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null ? undefined : readNumber(Number(text), name, 0);
  };
  const [atLeast, atMost, equals] = [bound('at_least'), bound('at_most'), bound('equals')];
  if (atLeast === undefined && atMost === undefined && equals === undefined) {
    throw new InvalidInput('give at_least, at_most or equals');
  }
  return (values) => {
    const value = statAt(values, stat) ?? 0;
    return (
      (atLeast === undefined || value >= atLeast) &&
      (atMost === undefined || value <= atMost) &&
      (equals === undefined || value === equals)
    );
  };
}
