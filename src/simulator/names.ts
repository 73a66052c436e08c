import { PromptMessage } from './matching';

const SPEAKER_LINE = /^([\p{L}_][\p{L}\p{N}_ .'-]{0,39}): /gmu;
const SELF = /\b(?:[Yy]ou are|[Yy]our name is|[Aa]ct as)\s+(\p{Lu}[\p{L}\p{N}_-]{0,39})/u;
const MAX_SCANNED = 200_000;

/** Who spoke a line, and what. */
export interface SpokenLine {
  name: string | undefined;
  text: string;
}

/** Splits the last line `Name: text` of a message; text of several lines belongs to the last speaker named. */
export function lastSpoken(content: string): SpokenLine {
  const tail = content.slice(-20_000);
  const last = [...tail.matchAll(SPEAKER_LINE)].at(-1);
  return last
    ? { name: last[1], text: tail.slice(last.index + last[0].length) }
    : { name: undefined, text: tail };
}

/** Names of speakers in the order they first appear as `Name: ` at the start of a line. */
export function namesInConversation(messages: readonly PromptMessage[]): string[] {
  const names = new Set<string>();
  for (const { role, content } of messages) {
    if (role !== 'system') {
      for (const [, name = ''] of content.slice(0, MAX_SCANNED).matchAll(SPEAKER_LINE)) {
        names.add(name);
      }
    }
  }
  return [...names];
}

/** Names of other speakers: stop sequences of the form "\nName:" show them. */
export function namesInStops(stop: readonly string[]): string[] {
  return stop.map((text) => /^\n(.{1,40}):\s?$/u.exec(text)?.[1]).filter((name) => name !== undefined);
}

/** Numbers that stand for speakers: `[1] ` at the beginning of what they say. */
export function numbersInConversation(messages: readonly PromptMessage[]): string[] {
  const numbers = messages
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) => [...content.slice(0, MAX_SCANNED).matchAll(/^(\[\d{1,3}\]) /gm)]);
  return [...new Set(numbers.map(([, number = '']) => number))];
}

/** The name a system prompt gives the model ("You are Ada, …"); a role such as "a critic" is none. */
export function ownName(messages: readonly PromptMessage[]): string | undefined {
  return SELF.exec(messages.find(({ role }) => role === 'system')?.content ?? '')?.[1];
}
