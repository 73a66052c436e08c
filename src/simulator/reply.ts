import { ChatCall } from './chat-request';
import { Fault } from './faults';
import { isObject } from './input';
import { RequestFacts } from './matching';
import { namesInConversation, namesInStops, numbersInConversation, ownName } from './names';
import { FittedPrompt } from './prompt';
import { Random, createRandom, seedOf } from './random';
import { answerForJson, answerForSchema } from './schema-answer';
import { ScriptedReply } from './scripts';
import { SimulatorState } from './state';
import { generateSentence, generateText, generateThinking } from './text-generator';
import { cutAtStop, cutTokens, splitTokens } from './tokens';
import { WantedToolCall, generateToolCalls } from './tool-calls';
import { WeakAnswer, weaken } from './weak-mode';

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
  const composed = composeContent(state, call, prompt, script, seed, fault);
  const { content, ignoresStops } = composed;
  const { stop } = call.options;
  const contentTokens = ignoresStops ? content : cutAtStop(content, stop);
  const thinking = composeThinking(call, prompt, script, seed);
  const room = roomFor(call, prompt);
  const thinkingTokens = cutTokens(thinking, room);
  const sentTokens = cutTokens(contentTokens, room - thinkingTokens.length);
  const isCut = thinking.length + contentTokens.length > room;
  const toolCalls = isCut ? [] : composed.toolCalls.map((given, index) => toolCall(given, index, seed));
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

/** The same seed, messages, format and tools give the same answer; another model answers differently. */
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
  toolCalls: readonly WantedToolCall[];
  ignoresStops: boolean;
}

/** An answer without slips. */
interface Sound {
  text: string;
  toolCalls: readonly WantedToolCall[];
}

function composeContent(
  state: SimulatorState,
  call: ChatCall,
  prompt: FittedPrompt,
  script: ScriptedReply | undefined,
  seed: number,
  fault: Fault | undefined,
): Content {
  const sound: Sound = script
    ? { text: script.text ?? script.tokens?.join('') ?? '', toolCalls: script.toolCalls ?? [] }
    : generateContent(state, call, prompt, seed);
  const { text, toolCalls } = sound;
  if (fault?.fault === 'empty_answer') {
    return { content: [], toolCalls: script ? toolCalls : [], ignoresStops: false };
  }
  if (fault?.fault === 'think_in_content') {
    const thought = fault.text ?? generateThinking(prompt.messages, createRandom(seed), 2);
    return {
      content: splitTokens(`<think>\n${thought}\n</think>\n\n${text}`),
      toolCalls,
      ignoresStops: false,
    };
  }
  if (state.settings.weak && (!script || script.weak === true)) {
    const spoilt = spoil(state, call, prompt, { sound, speaker: script?.speaker, seed });
    return { ...spoilt, content: splitTokens(spoilt.text) };
  }
  return { content: script?.tokens ?? splitTokens(text), toolCalls, ignoresStops: false };
}

function generateContent(
  state: SimulatorState,
  call: ChatCall,
  { messages }: FittedPrompt,
  seed: number,
): Sound {
  const random = createRandom(seed);
  if (call.format === 'json') {
    return { text: JSON.stringify(answerForJson(messages, random)), toolCalls: [] };
  }
  if (call.format) {
    return { text: JSON.stringify(answerForSchema(call.format, messages, random)), toolCalls: [] };
  }
  const text = generateText({ messages, random, words: state.settings.words });
  const toolCalls = generateToolCalls(call.tools, messages, createRandom(seedOf(seed, 'tools')));
  // Many models call a tool without a word.
  return { text: toolCalls.length > 0 && random.chance(0.5) ? '' : text, toolCalls };
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
  { sound, speaker, seed }: { sound: Sound; speaker: string | undefined; seed: number },
): WeakAnswer & { ignoresStops: boolean } {
  const { weak } = state.settings;
  if (!weak) {
    return { ...sound, slips: [], ignoresStops: false };
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
      ...sound,
      own,
      others,
      numbers: numbersInConversation(messages),
      random,
      isJson: call.format !== undefined && isJsonText(sound.text),
      choices: enumChoices(call.format) ?? [...known, ...stopNames],
      sentence: () => generateSentence(messages, random),
    },
    weak.strength,
  );
  state.stats.update(({ weak: counts }) => {
    spoilt.slips.forEach((slip) => (counts[slip] = (counts[slip] ?? 0) + 1));
  });
  return { ...spoilt, ignoresStops: spoilt.slips.includes('ignores_stops') };
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

/** The values of the first enum among the schema's properties and their items. */
function enumChoices(format: ChatCall['format']): string[] | undefined {
  const properties =
    isObject(format) && isObject(format['properties']) ? Object.values(format['properties']) : [];
  const values = properties.map(enumOf).find((found) => found !== undefined);
  return values?.filter((value): value is string => typeof value === 'string');
}

function enumOf(schema: unknown): unknown[] | undefined {
  if (!isObject(schema)) {
    return undefined;
  }
  return Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : enumOf(schema['items']);
}

function toolCall(given: WantedToolCall, index: number, seed: number): ToolCall {
  const random: Random = createRandom(seedOf(seed, index, given.name));
  const letters = Array.from({ length: 8 }, () => random.integer(0, 35).toString(36)).join('');
  return { id: `call_${letters}`, function: { index, name: given.name, arguments: given.arguments } };
}
