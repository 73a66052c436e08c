import { ChatCall } from './chat-request';
import { Fault } from './faults';
import { isObject } from './input';
import { RequestFacts } from './matching';
import { namesInConversation, namesInStops, ownName } from './names';
import { FittedPrompt } from './prompt';
import { Random, createRandom, seedOf } from './random';
import { answerForJson, answerForSchema } from './schema-answer';
import { ScriptedReply, ScriptedToolCall } from './scripts';
import { SimulatorState } from './state';
import { generateSentence, generateText, generateThinking } from './text-generator';
import { cutAtStop, cutTokens, splitTokens } from './tokens';
import { weaken } from './weak-mode';

/** A tool call on the wire. */
export interface ToolCall {
  id: string;
  function: { index: number; name: string; arguments: Record<string, unknown> };
}

/** What one line of the stream carries. */
export interface ReplyPart {
  thinking?: string;
  content?: string;
  toolCalls?: ToolCall[];
}

/** An answer laid out before it is sent. */
export interface Reply {
  parts: ReplyPart[];
  /** Tool calls that travel in the last object. */
  finalToolCalls: ToolCall[];
  doneReason: 'stop' | 'length';
  promptTokens: number;
  evalTokens: number;
  delayMs: number;
  /** The content as a whole. */
  text: string;
}

/** How often a generated answer calls one of the tools that it was offered, and how often it then says nothing besides. */
const TOOL_CHANCE = 1 / 3;
const SILENT_CHANCE = 1 / 2;

const THINKING_SENTENCES = { low: 1, medium: 2, high: 4, max: 6 };

/** Lays out the answer: from the first script that matches, else generated; then spoilt, cut into tokens and to length. */
export function composeReply(
  state: SimulatorState,
  call: ChatCall,
  facts: RequestFacts,
  prompt: FittedPrompt,
  fault: Fault | undefined,
): Reply {
  const script = state.scripts.take(facts);
  const seed = requestSeed(state, call, prompt);
  const chosen = script || fault ? undefined : chooseTool(call, prompt, seed);
  const { content, ignoresStops } = chosen?.isAlone
    ? { content: [], ignoresStops: false }
    : composeContent(state, call, prompt, script, seed, fault);
  const { stop } = call.options;
  const contentTokens = ignoresStops ? content : cutAtStop(content, stop);
  const thinking = composeThinking(call, prompt, script, seed);
  const room = roomFor(call, prompt);
  const thinkingTokens = cutTokens(thinking, room);
  const sentTokens = cutTokens(contentTokens, room - thinkingTokens.length);
  const isCut = thinking.length + contentTokens.length > room;
  const toolCalls = isCut
    ? []
    : (script?.toolCalls ?? chosen?.calls ?? []).map((given, index) => toolCall(given, index, seed));
  const inFinal = script?.inFinalChunk === true;
  const evalTokens = thinkingTokens.length + sentTokens.length + toolCalls.length * 12;
  return {
    parts: [
      ...thinkingTokens.map((token) => ({ thinking: token })),
      ...sentTokens.map((token) => ({ content: token })),
      ...(toolCalls.length > 0 && !inFinal ? [{ toolCalls }] : []),
    ],
    finalToolCalls: inFinal ? toolCalls : [],
    doneReason: script?.doneReason ?? (isCut ? 'length' : 'stop'),
    promptTokens: script?.promptEvalCount ?? prompt.tokens,
    // Even an empty answer costs its end token.
    evalTokens: Math.max(1, evalTokens),
    delayMs: script?.delayMs ?? 0,
    text: sentTokens.join(''),
  };
}

/** The same seed and messages give the same answer; another model answers differently. */
function requestSeed(
  state: SimulatorState,
  { model, options, format, tools }: ChatCall,
  { messages }: FittedPrompt,
): number {
  return seedOf(
    state.settings.seed,
    model.name,
    options.seed ?? 'none',
    JSON.stringify(format ?? null),
    ...tools.map(({ name }) => name),
    ...messages.flatMap(({ role, content }) => [role, content]),
  );
}

function roomFor({ options, shift, load }: ChatCall, { tokens }: FittedPrompt): number {
  return shift ? options.numPredict : Math.min(options.numPredict, Math.max(1, load.numCtx - tokens));
}

interface Content {
  content: string[];
  ignoresStops: boolean;
}

function composeContent(
  state: SimulatorState,
  call: ChatCall,
  prompt: FittedPrompt,
  script: ScriptedReply | undefined,
  seed: number,
  fault: Fault | undefined,
): Content {
  if (fault?.fault === 'empty_answer') {
    return { content: [], ignoresStops: false };
  }
  const sound = script
    ? (script.text ?? script.tokens?.join('') ?? '')
    : generateContent(state, call, prompt, seed);
  if (fault?.fault === 'think_in_content') {
    const thought = fault.text ?? generateThinking(prompt.messages, createRandom(seed), 2);
    return { content: splitTokens(`<think>\n${thought}\n</think>\n\n${sound}`), ignoresStops: false };
  }
  if (state.settings.weak && (!script || script.weak === true)) {
    const { text, ignoresStops } = spoil(state, call, prompt, {
      text: sound,
      speaker: script?.speaker,
      seed,
    });
    return { content: splitTokens(text), ignoresStops };
  }
  return { content: script?.tokens ?? splitTokens(sound), ignoresStops: false };
}

function generateContent(
  state: SimulatorState,
  call: ChatCall,
  { messages }: FittedPrompt,
  seed: number,
): string {
  const random = createRandom(seed);
  if (call.format === 'json') {
    return JSON.stringify(answerForJson(messages, random));
  }
  return call.format
    ? JSON.stringify(answerForSchema(call.format, messages, random))
    : generateText({ messages, random, words: state.settings.words });
}

/** Now and then a model calls a tool; one that is bound to a format cannot. */
function chooseTool(
  { tools, format }: ChatCall,
  { messages }: FittedPrompt,
  seed: number,
): { calls: ScriptedToolCall[]; isAlone: boolean } | undefined {
  const random = createRandom(seedOf(seed, 'tools'));
  if (tools.length === 0 || format !== undefined || !random.chance(TOOL_CHANCE)) {
    return undefined;
  }
  const { name, parameters } = random.pick(tools);
  const given = answerForSchema({ type: 'object', ...parameters }, messages, random);
  return {
    calls: [{ name, arguments: isObject(given) ? given : {} }],
    isAlone: random.chance(SILENT_CHANCE),
  };
}

function composeThinking(
  { think }: ChatCall,
  { messages }: FittedPrompt,
  script: ScriptedReply | undefined,
  seed: number,
): string[] {
  if (think === false) {
    return [];
  }
  const sentences = think === true ? 2 : THINKING_SENTENCES[think];
  const generated = script ? '' : generateThinking(messages, createRandom(seed), sentences);
  return splitTokens(script?.thinking ?? generated);
}

/**
 * Who is speaking is only known from the prompt: a script may say it; else the system prompt ("You are Ada"); else a name of the
 * conversation that no stop sequence excludes. The others are those in stop sequences and in the conversation.
 */
function spoil(
  state: SimulatorState,
  call: ChatCall,
  { messages }: FittedPrompt,
  { text, speaker, seed }: { text: string; speaker: string | undefined; seed: number },
): { text: string; ignoresStops: boolean } {
  const { weak } = state.settings;
  if (!weak) {
    return { text, ignoresStops: false };
  }
  const stopNames = namesInStops(call.options.stop);
  const known = namesInConversation(messages);
  const isExcluded = (name: string): boolean => stopNames.includes(name);
  const fallback = stopNames.length > 0 ? known.find((name) => !isExcluded(name)) : undefined;
  const own = speaker ?? ownName(messages) ?? fallback;
  const others = [...new Set([...stopNames, ...known])].filter((name) => name !== own);
  const random = createRandom(seedOf(weak.seed, seed, attemptNumber(state, call, seed)));
  const spoilt = weaken(
    {
      text,
      own,
      others,
      random,
      isJson: call.format !== undefined && isJsonText(text),
      choices: enumChoices(call.format) ?? [...known, ...stopNames],
      sentence: () => generateSentence(messages, random),
    },
    weak.strength,
  );
  state.stats.update(({ weak: counts }) => {
    spoilt.slips.forEach((slip) => (counts[slip] = (counts[slip] ?? 0) + 1));
  });
  return { text: spoilt.text, ignoresStops: spoilt.slips.includes('ignores_stops') };
}

/** Without a seed a model slips at random: the same request sent again must be able to succeed. */
function attemptNumber({ attempts }: SimulatorState, { options }: ChatCall, seed: number): number {
  if (options.seed !== undefined) {
    return 0;
  }
  const attempt = (attempts.get(seed) ?? 0) + 1;
  attempts.set(seed, attempt);
  return attempt;
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The values of the first enum among the schema's properties. */
function enumChoices(format: ChatCall['format']): string[] | undefined {
  const properties =
    isObject(format) && isObject(format['properties']) ? Object.values(format['properties']) : [];
  const first = properties.find((property) => isObject(property) && Array.isArray(property['enum']));
  const values = isObject(first) && Array.isArray(first['enum']) ? (first['enum'] as unknown[]) : undefined;
  return values?.filter((value): value is string => typeof value === 'string');
}

function toolCall(given: ScriptedToolCall, index: number, seed: number): ToolCall {
  const random: Random = createRandom(seedOf(seed, index, given.name));
  const letters = Array.from({ length: 8 }, () => random.integer(0, 35).toString(36)).join('');
  return { id: `call_${letters}`, function: { index, name: given.name, arguments: given.arguments } };
}
