import { withoutThinking } from '../../../agents/prompt/think-tags';
import { NameFinder } from './name-finder';

/** Who is to speak, or what is wrong with the answer in a sentence that can be sent back to the model. */
export type SelectorAnswer = { readonly speaker: string } | { readonly problem: string };

const KEY = 'next_speaker';

const HAS_KEY = /["']next_speaker["']\s*:/;

/** Text values of our key: in an object of its own, fenced, amid text, in single quotes, or in an object cut off later. */
const KEY_VALUE = /["']next_speaker["']\s*:\s*("(?:[^"\\]|\\.){0,2000}"|'(?:[^'\\]|\\.){0,2000}')/g;

/** JSON schema that lets a model name candidates only. */
export function selectorSchema(candidates: readonly string[]): Record<string, unknown> {
  return {
    type: 'object',
    properties: { [KEY]: { type: 'string', enum: [...candidates] } },
    required: [KEY],
    additionalProperties: false,
  };
}

/** Stands at the end of every question, since a schema alone does not tell a model what to write. */
export function answerInstruction(candidates: readonly string[]): string {
  return `Answer with JSON only, in the form {"${KEY}": "<name>"}, where <name> is exactly one of: ${candidates.join(', ')}.`;
}

/** What the model is told after an answer that could not be used. */
export function selectorFeedback(problem: string, candidates: readonly string[]): string {
  return `${problem} ${answerInstruction(candidates)}`;
}

/**
 * Reads the answer of the selector model. Where it has our key, only the values of that count; else the whole text is
 * searched. Exactly one name of the team must be there, and it must be a candidate: of several names none is guessed.
 */
export function parseSelectorAnswer(
  raw: string,
  candidates: readonly string[],
  allNames: readonly string[],
): SelectorAnswer {
  const answer = withoutThinking(raw);
  if (answer === '') {
    return { problem: 'The answer was empty.' };
  }
  const finder = new NameFinder([...new Set([...allNames, ...candidates])]);
  const [speaker, ...others] = new Set(relevantTexts(answer).flatMap((text) => finder.find(text)));
  if (speaker === undefined) {
    return { problem: 'The answer named nobody of the team.' };
  }
  if (others.length > 0) {
    return { problem: `The answer named more than one: ${[speaker, ...others].join(', ')}.` };
  }
  return candidates.includes(speaker) ? { speaker } : { problem: `${speaker} may not speak next.` };
}

/** A key without a readable value (null, cut off) names nobody: other names in the object are not the answer. */
function relevantTexts(answer: string): string[] {
  return HAS_KEY.test(answer)
    ? [...answer.matchAll(KEY_VALUE)].map((match) => unquoted(match[1] ?? ''))
    : [answer];
}

/** A quoted text with the escapes of JSON resolved; what is no JSON (single quotes, `\_`) is searched as it stands. */
function unquoted(literal: string): string {
  try {
    const value: unknown = JSON.parse(literal);
    return String(value);
  } catch {
    return literal;
  }
}
