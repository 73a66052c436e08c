import {
  Times,
  optional,
  readArray,
  readChoice,
  readFlag,
  readInteger,
  readNumber,
  readObject,
  readText,
  readTimes,
} from './input';
import { Match, RequestFacts, isMatch, readMatch } from './matching';

/** A call of a tool, as a script gives it. */
export interface ScriptedToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** An answer laid down beforehand. It is sent exactly as it is, unless `weak` allows the weak mode to spoil it. */
export interface ScriptedReply {
  match?: Match;
  text?: string;
  thinking?: string;
  /** The text cut as wanted, one stream line each; instead of `text`. */
  tokens?: string[];
  toolCalls?: ScriptedToolCall[];
  /** Puts the tool calls into the last object instead of one before it. */
  inFinalChunk?: boolean;
  doneReason?: 'stop' | 'length';
  promptEvalCount?: number;
  delayMs?: number;
  weak?: boolean;
  /** Name the weak mode echoes in front of the answer. */
  speaker?: string;
  times: Times;
}

export interface ScriptList {
  add(replies: readonly ScriptedReply[]): void;
  /** The first reply for such a request, if any; one of its times is used up. */
  take(facts: RequestFacts): ScriptedReply | undefined;
  remaining(): readonly ScriptedReply[];
  clear(): void;
}

export function readScript(body: unknown): ScriptedReply[] {
  const { replies } = readObject(body, 'the body', ['replies']);
  return readArray(replies, 'replies').map(readReply);
}

function readReply(value: unknown): ScriptedReply {
  const object = readObject(value, 'a reply', [
    'match',
    'text',
    'thinking',
    'tokens',
    'toolCalls',
    'inFinalChunk',
    'doneReason',
    'promptEvalCount',
    'delayMs',
    'weak',
    'speaker',
    'times',
  ]);
  return {
    match: optional(object, 'match', readMatch),
    text: optional(object, 'text', readText),
    thinking: optional(object, 'thinking', readText),
    tokens: optional(object, 'tokens', (list, what) =>
      readArray(list, what).map((token) => readText(token, 'a token')),
    ),
    toolCalls: optional(object, 'toolCalls', (list, what) => readArray(list, what).map(readToolCall)),
    inFinalChunk: optional(object, 'inFinalChunk', readFlag),
    doneReason: optional(object, 'doneReason', (reason, what) =>
      readChoice(reason, what, ['stop', 'length']),
    ),
    promptEvalCount: optional(object, 'promptEvalCount', (count, what) => readInteger(count, what, 0)),
    delayMs: optional(object, 'delayMs', (ms, what) => readNumber(ms, what, 0)),
    weak: optional(object, 'weak', readFlag),
    speaker: optional(object, 'speaker', readText),
    times: optional(object, 'times', readTimes) ?? 1,
  };
}

function readToolCall(value: unknown): ScriptedToolCall {
  const call = readObject(value, 'a tool call', ['name', 'arguments']);
  const given = call['arguments'] ?? {};
  return {
    name: readText(call['name'], 'name of a tool call'),
    arguments: readObject(given, 'arguments', Object.keys(given)),
  };
}

export function createScriptList(): ScriptList {
  let replies: ScriptedReply[] = [];
  return {
    add: (more) => replies.push(...more),
    take(facts) {
      const reply = replies.find((candidate) => isMatch(candidate.match, facts));
      if (reply && reply.times !== 'forever') {
        reply.times -= 1;
        replies = replies.filter((candidate) => candidate.times !== 0);
      }
      return reply;
    },
    remaining: () => replies,
    clear: () => {
      replies = [];
    },
  };
}
