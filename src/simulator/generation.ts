import { ChatCall } from './chat-request';
import { Exchange } from './exchange';
import { RUNNER_DIED, faultOutcome, sendFaultyJson } from './fault-answers';
import { Fault, FaultName } from './faults';
import { goStringify } from './go-json';
import { JsonObject } from './input';
import { LineWriter, createLineWriter } from './line-writer';
import { RequestFacts } from './matching';
import { Reply, ReplyPart } from './reply';
import { Outcome } from './request-log';
import { SimulatorState } from './state';
import { HUGE_BYTES, disturbStream, endWith } from './stream-faults';
import { nextTurn } from './timing';
import { Timings, finalObject, partObject, wholeObject } from './wire-format';

/** An answer that is ready to be sent, and everything that decides how. */
export interface Answer {
  state: SimulatorState;
  exchange: Exchange;
  call: ChatCall;
  facts: RequestFacts;
  reply: Reply;
  fault: Fault | undefined;
  /** Reads the clocks at the end of the answer. */
  timings: () => Timings;
}

const FAULT_AFTER_TOKENS = 3;
const IDENTICAL_TOKENS = 31;
/** Without pauses between tokens, others get a turn after that many. */
const TURN_EVERY = 32;

/** Sends the answer token by token, each a line; resolves when the last byte is handed to the socket. */
export async function streamAnswer(answer: Answer): Promise<Outcome> {
  const { exchange, call, reply, fault } = answer;
  const writer = createLineWriter(exchange, fault);
  const faultAt = fault ? Math.min(fault.afterTokens ?? defaultPosition(fault), reply.parts.length) : -1;
  const pace = createPace(answer);
  for (let index = 0; index <= reply.parts.length; index += 1) {
    if (fault && index === faultAt && (await disturb(answer, writer, fault))) {
      return faultOutcome(fault);
    }
    await pace(index);
    const part = reply.parts[index];
    if (part) {
      await sendPart(answer, writer, part);
    }
  }
  const newline = fault?.fault === 'last_line_without_newline' ? '' : '\n';
  await writer.write(goStringify(finalObject(call, reply, answer.timings())) + newline);
  await writer.end();
  return 'done';
}

/** Lets the same time pass as a stream would, then sends everything in one object. */
export async function sendWholeAnswer(answer: Answer): Promise<Outcome> {
  const { exchange, call, fault, state } = answer;
  const reply = wholeReply(answer.reply, fault);
  const pace = createPace(answer);
  for (let index = 0; index <= answer.reply.parts.length; index += 1) {
    await pace(index);
  }
  const whole = wholeObject(call, reply, answer.timings());
  state.stats.update((values) => (values.tokensSent += answer.reply.parts.length));
  if (fault && ['done_false', 'end_without_done', 'identical_tokens'].includes(fault.fault)) {
    const { done_reason: _reason, ...unfinished } = whole;
    await sendFaultyJson(exchange, { ...unfinished, done: false }, undefined);
    return faultOutcome(fault);
  }
  return sendFaultyJson(exchange, whole, fault);
}

function wholeReply(reply: Reply, fault: Fault | undefined): Reply {
  if (fault?.fault === 'huge_line') {
    return { ...reply, parts: [...reply.parts, { content: 'a'.repeat(fault.bytes ?? HUGE_BYTES) }] };
  }
  return fault?.fault === 'identical_tokens'
    ? { ...reply, parts: [...reply.parts, ...identicalParts(fault)] }
    : reply;
}

function identicalParts(fault: Fault): ReplyPart[] {
  return Array.from({ length: fault.count ?? IDENTICAL_TOKENS }, () => ({ content: fault.text ?? ' the' }));
}

async function sendPart({ state, call }: Answer, writer: LineWriter, part: ReplyPart): Promise<void> {
  const waiting = writer.write(`${goStringify(partObject(call, part))}\n`);
  state.stats.update((values) => (values.tokensSent += 1));
  if (waiting) {
    await waiting;
  }
}

/** Waits before each token: for the gate, and so that the average rate holds even where single tokens are late. */
function createPace({ state, call, exchange, facts }: Answer): (index: number) => Promise<void> {
  const { signal } = exchange;
  const rate = call.model.tokensPerSecond ?? state.settings.tokensPerSecond;
  let startedAt = performance.now();
  return async (index) => {
    const gate = state.gate.pass(facts, index, signal);
    if (gate) {
      const heldAt = performance.now();
      await gate;
      startedAt += performance.now() - heldAt;
    }
    if (rate > 0) {
      await state.pacer.waitUntil(startedAt + (index * 1000) / rate, signal);
    } else if (index % TURN_EVERY === TURN_EVERY - 1) {
      await nextTurn();
    }
    signal.throwIfAborted();
  };
}

/** Faults that leave the text alone strike after the third token, those that spoil the end at the end. */
function defaultPosition({ fault }: Fault): number {
  return fault === 'end_without_done' || fault === 'done_false' ? Infinity : FAULT_AFTER_TOKENS;
}

/** Does what a fault does at its place in the stream; true where the answer ends with it. */
function disturb(answer: Answer, writer: LineWriter, fault: Fault): Promise<boolean> {
  const { exchange, call, reply } = answer;
  const sample = (): JsonObject => partObject(call, reply.parts[0] ?? { content: 'half' });
  return (
    DISTURBANCES[fault.fault]?.(answer, writer, fault) ?? disturbStream({ exchange, writer, sample }, fault)
  );
}

type Disturbance = (answer: Answer, writer: LineWriter, fault: Fault) => Promise<boolean>;

/** Faults that only the answer of a model can have. */
const DISTURBANCES: Partial<Record<FaultName, Disturbance>> = {
  error_line: (_answer, writer, { text = RUNNER_DIED }) =>
    endWith(writer, `${goStringify({ error: text })}\n`),
  done_false: ({ call, reply, timings }, writer) => {
    const { done_reason: _reason, ...unfinished } = finalObject(call, reply, timings());
    return endWith(writer, `${goStringify({ ...unfinished, done: false })}\n`);
  },
  identical_tokens: async (answer, writer, fault) => {
    for (const part of identicalParts(fault)) {
      await sendPart(answer, writer, part);
    }
    return endWith(writer, '');
  },
  huge_line: async (answer, writer, { bytes = HUGE_BYTES }) => {
    await sendPart(answer, writer, { content: 'a'.repeat(bytes) });
    return false;
  },
};
