import { Exchange, JSON_TYPE, breakConnection, sendJson, sendText } from './exchange';
import { Fault, FaultName } from './faults';
import { goStringify } from './go-json';
import { createLineWriter } from './line-writer';
import { contextOverflowText } from './prompt';
import { Outcome } from './request-log';
import { sleep, untilAborted } from './timing';

/** What Ollama reports when the model's process dies while it answers. */
export const RUNNER_DIED = 'an error was encountered while running the model: unexpected EOF';

/** What stands for a line that is no JSON. */
export const GARBAGE = '<<<this is not JSON>>>';

const ERROR_TEXTS: Record<number, string> = {
  400: 'invalid request',
  404: "model 'x' not found",
  500: 'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
  503: 'server busy, please try again.  maximum pending requests exceeded',
};
const HTML =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n';

export function faultOutcome(fault: Fault): Outcome {
  return `fault:${fault.fault}`;
}

/** How a fault answers, where it does not leave that to the route. */
type FaultAnswers = Partial<Record<FaultName, (exchange: Exchange, fault: Fault) => Promise<void> | void>>;

const INSTANT_ANSWERS: FaultAnswers = {
  reset_before_headers: (exchange) => breakConnection(exchange, true),
  http_error: ({ response }, { status = 500, text }) => {
    sendJson(response, status, { error: text ?? ERROR_TEXTS[status] ?? 'error' });
  },
  http_html: ({ response }, { status = 502, text = HTML }) => sendText(response, status, 'text/html', text),
  http_empty: ({ response }, { status = 403 }) => {
    response.writeHead(status, { 'Content-Length': 0 }).end();
  },
  nested_json_error: ({ response }, { status = 400, text = contextOverflowText(42_947, 8192) }) => {
    sendJson(response, status, { error: text });
  },
};

/** Answers with a fault that needs nothing of the request; only for faults of which `isInstant` is true. */
export async function answerInstantly(exchange: Exchange, fault: Fault): Promise<Outcome> {
  await INSTANT_ANSWERS[fault.fault]?.(exchange, fault);
  return faultOutcome(fault);
}

/** The wait before the first byte that a fault asks for: some time, or until the client leaves. */
export async function delayForFault(fault: Fault | undefined, signal: AbortSignal): Promise<void> {
  if (fault?.fault === 'stall_before_first') {
    await untilAborted(signal);
  }
  if (fault?.fault === 'delay_headers') {
    await sleep(fault.ms ?? 1000, signal);
  }
}

/** Something that is JSON and yet no answer. */
export function wrongShape(fault: Fault): unknown {
  return 'value' in fault
    ? fault.value
    : { created_at: new Date().toISOString(), text: 'hello', done: false };
}

/** Faults that replace the one JSON object of an answer by something else. */
function bodyAnswers(text: string): FaultAnswers {
  const half = text.slice(0, Math.floor(text.length / 2));
  const head = { 'Content-Type': JSON_TYPE };
  return {
    stall_mid_stream: ({ response, signal }) => {
      response.writeHead(200, head).write(half);
      return untilAborted(signal);
    },
    cut_mid_stream: (exchange) => {
      exchange.response.writeHead(200, head).write(half);
      return breakConnection(exchange, false);
    },
    half_line: ({ response }) => {
      response.writeHead(200, head).end(half);
    },
    garbage_line: ({ response }, fault) => sendText(response, 200, JSON_TYPE, fault.text ?? GARBAGE),
    wrong_shape: ({ response }, fault) => sendJson(response, 200, wrongShape(fault)),
    error_line: ({ response }, fault) => sendJson(response, 500, { error: fault.text ?? RUNNER_DIED }),
  };
}

/** Sends an answer that is one JSON object, as the fault wants it. */
export async function sendFaultyJson(
  exchange: Exchange,
  value: unknown,
  fault: Fault | undefined,
): Promise<Outcome> {
  const text = goStringify(value);
  const replacement = fault && bodyAnswers(text)[fault.fault];
  if (fault && replacement) {
    await replacement(exchange, fault);
    return faultOutcome(fault);
  }
  if (fault?.fault === 'slow_drip' || fault?.fault === 'split_utf8') {
    const writer = createLineWriter(exchange, fault, JSON_TYPE);
    await writer.write(text);
    await writer.end();
  } else {
    sendText(exchange.response, 200, JSON_TYPE, text);
  }
  return 'done';
}
