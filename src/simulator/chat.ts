import { ChatCall, ChatKind, readChatCall } from './chat-request';
import { Exchange, sendJson } from './exchange';
import { answerInstantly, delayForFault } from './fault-answers';
import { Fault, isInstant } from './faults';
import { sendWholeAnswer, streamAnswer } from './generation';
import { parseBody } from './go-json';
import { RequestFacts } from './matching';
import { fitPrompt, promptText, rememberPrompt, takeCachedTokens } from './prompt';
import { composeReply } from './reply';
import { Outcome } from './request-log';
import { Runner } from './scheduler';
import { SimulatorState } from './state';
import { ChatTracker } from './stats';
import { sleep } from './timing';
import { loadObject } from './wire-format';

/** What belongs to one request for an answer. */
interface Chat {
  state: SimulatorState;
  exchange: Exchange;
  call: ChatCall;
  facts: RequestFacts;
  fault: Fault | undefined;
  tracker: ChatTracker;
}

/** Answers `/api/chat` or `/api/generate`. Errors of the kind Ollama answers are thrown as `OllamaError`. */
export async function handleChat(
  kind: ChatKind,
  state: SimulatorState,
  exchange: Exchange,
  facts: RequestFacts,
  fault: Fault | undefined,
): Promise<Outcome> {
  if (fault && isInstant(fault)) {
    state.stats.startChat(facts.messages.length > 0 ? 'chats' : 'preloads').end('failed');
    return answerInstantly(exchange, fault);
  }
  const call = readChatCall(kind, parseBody(exchange.body), state.settings);
  const isPreload = call.messages.length === 0;
  if (isPreload && call.keepAliveMs === 0) {
    await delayForFault(fault, exchange.signal);
    state.scheduler.expire(call.model.name);
    sendJson(exchange.response, 200, loadObject(call, 'unload'));
    return 'done';
  }
  const tracker = state.stats.startChat(isPreload ? 'preloads' : 'chats');
  try {
    const outcome = await runOnModel({ state, exchange, call, facts, fault, tracker });
    tracker.end(outcome === 'done' ? 'finished' : 'failed');
    return outcome;
  } catch (error) {
    tracker.end(exchange.signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}

/** Gets the model loaded, then a slot, and gives both back whatever happens. */
async function runOnModel(chat: Chat): Promise<Outcome> {
  const { state, exchange, call, fault, tracker } = chat;
  const { signal } = exchange;
  const runner = await state.scheduler.join({
    model: call.model,
    numCtx: call.load.numCtx,
    loadKey: call.load.key,
    keepAliveMs: call.keepAliveMs,
    signal,
    enter: (phase) => tracker.enter(phase),
  });
  const readyAt = performance.now();
  try {
    if (call.messages.length === 0) {
      await delayForFault(fault, signal);
      sendJson(exchange.response, 200, loadObject(call, 'load'));
      return 'done';
    }
    tracker.enter('queued');
    await state.scheduler.takeSlot(runner, signal);
    try {
      return await answerInSlot(chat, runner, readyAt);
    } finally {
      state.scheduler.freeSlot(runner);
    }
  } finally {
    state.scheduler.leave(runner);
  }
}

async function answerInSlot(chat: Chat, runner: Runner, readyAt: number): Promise<Outcome> {
  const { state, exchange, call, facts, fault, tracker } = chat;
  const { signal, receivedAt } = exchange;
  const promptAt = performance.now();
  tracker.enter('prompt');
  const prompt = fitPrompt(call);
  const reply = composeReply(state, call, facts, prompt, fault);
  const seen = promptText(prompt.messages);
  await readPrompt(state, runner, seen, prompt.tokens, signal);
  await sleep(reply.delayMs, signal);
  await delayForFault(fault, signal);
  tracker.enter('generating');
  const evalAt = performance.now();
  const answer = {
    state,
    exchange,
    call,
    facts,
    reply,
    fault,
    timings: () => ({
      totalMs: performance.now() - receivedAt,
      loadMs: readyAt - receivedAt,
      promptMs: evalAt - promptAt,
      evalMs: performance.now() - evalAt,
    }),
  };
  const outcome = call.stream ? await streamAnswer(answer) : await sendWholeAnswer(answer);
  rememberPrompt(runner, `${seen}assistant\n${reply.text}\n`, state.settings.slots);
  return outcome;
}

/** Reading the prompt takes time in proportion to the part that the slot has not seen yet. */
async function readPrompt(
  state: SimulatorState,
  runner: Runner,
  text: string,
  tokens: number,
  signal: AbortSignal,
): Promise<void> {
  const cached = Math.min(tokens, takeCachedTokens(runner, text));
  state.stats.update((values) => {
    values.promptTokensRead += tokens - cached;
    values.promptTokensCached += cached;
  });
  const rate = state.settings.promptTokensPerSecond;
  await sleep(rate > 0 ? ((tokens - cached) * 1000) / rate : 0, signal);
}
