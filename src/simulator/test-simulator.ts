import { JsonObject, isObject } from './input';
import { createSimulator } from './server';
import { SettingsPatch } from './settings';

/** An answer read to its end. */
export interface ReadAnswer {
  status: number;
  type: string | null;
  text: string;
  /** The lines that are JSON objects. */
  lines: JsonObject[];
  last: JsonObject;
}

/** A running simulator with short ways to its routes; for specs only. */
export interface TestSimulator {
  url: string;
  close(): Promise<void>;
  /** Sends a request and resolves with the status and headers. */
  send(path: string, body?: unknown, signal?: AbortSignal): Promise<Response>;
  /** Sends a request and reads the answer to its end. */
  ask(path: string, body?: unknown, signal?: AbortSignal): Promise<ReadAnswer>;
  /** Posts to a control route; an error answer throws. */
  control(route: string, body?: unknown): Promise<JsonObject>;
  /** A number from the counters. */
  stat(path: string): Promise<number>;
  /** Waits for a counter: `await wait('activeChats', 'at_least=2')`. */
  wait(stat: string, condition: string): Promise<void>;
  requests(): Promise<JsonObject[]>;
}

/** Instant loads, tokens and pulls, so that nothing in a spec has to wait for time to pass. */
const QUICK: SettingsPatch = {
  loadMs: 0,
  tokensPerSecond: 0,
  pullBytesPerSecond: 0,
  pullTickMs: 1,
  pullVerifyMs: 0,
};

export async function startTestSimulator(settings: SettingsPatch = {}): Promise<TestSimulator> {
  const simulator = createSimulator({ ...QUICK, ...settings });
  const url = await simulator.listen(0);

  const send = (path: string, body?: unknown, signal?: AbortSignal): Promise<Response> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(`${url}${path}`, body === undefined ? { signal } : { method: 'POST', body: text, signal });
  };
  const control = async (route: string, body: unknown = {}): Promise<JsonObject> => {
    const response = await send(`/_sim/${route}`, body);
    return readControl(response);
  };
  const get = async (route: string): Promise<JsonObject> => readControl(await send(`/_sim/${route}`));
  const wait = async (stat: string, condition: string): Promise<JsonObject> => {
    return get(`wait?stat=${encodeURIComponent(stat)}&${condition}`);
  };

  return {
    url,
    close: () => simulator.close(),
    send,
    ask: async (path, body, signal) => readAnswer(await send(path, body, signal)),
    control,
    stat: async (path) => Number((await wait(path, 'at_least=0'))['value']),
    wait: async (stat, condition) => {
      await wait(stat, condition);
    },
    requests: async () => {
      const { requests } = await get('requests');
      return Array.isArray(requests) ? requests.filter(isObject) : [];
    },
  };
}

async function readControl(response: Response): Promise<JsonObject> {
  const body: unknown = await response.json();
  if (!response.ok || !isObject(body)) {
    throw new Error(`${response.status} ${JSON.stringify(body)}`);
  }
  return body;
}

/** Reads an answer to its end; rejects where the connection breaks. */
export async function readAnswer(response: Response): Promise<ReadAnswer> {
  const text = await response.text();
  const lines = text.split('\n').map(parseLine).filter(isObject);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text,
    lines,
    last: lines.at(-1) ?? {},
  };
}

/** The lines of an answer while it is still on its way. */
export async function* linesOf(response: Response): AsyncGenerator<JsonObject> {
  let rest = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.map(parseLine).filter(isObject);
  }
}

/** The next lines, as many as wanted or as there are. */
export async function takeLines(lines: AsyncGenerator<JsonObject>, count: number): Promise<JsonObject[]> {
  const taken: JsonObject[] = [];
  while (taken.length < count) {
    const { value, done } = await lines.next();
    if (done) {
      break;
    }
    taken.push(value);
  }
  return taken;
}

/** The line as a JSON object; an empty one where it is no JSON. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The content of all lines of a chat. */
export function contentOf(lines: readonly JsonObject[], field: 'content' | 'thinking' = 'content'): string {
  return lines
    .map(({ message }) => (isObject(message) ? message[field] : undefined))
    .filter((text) => typeof text === 'string')
    .join('');
}

/** A chat request with one message. */
export function chatBody(text: string, more: JsonObject = {}): JsonObject {
  return { model: 'llama3.2:3b', messages: [{ role: 'user', content: text }], ...more };
}
