import { textsOfKey } from '../../../agents/prompt/json-answer';
import { NameFinder } from '../../../agents/prompt/name-finder';
import { withoutThinking } from '../../../agents/prompt/think-tags';

/** Who is to speak, or what is wrong with the answer in a sentence that can be sent back to the model. */
export type SelectorAnswer = { readonly speaker: string } | { readonly problem: string };

const KEY = 'next_speaker';

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
  const [speaker, ...others] = new Set(
    (textsOfKey(answer, KEY) ?? [answer]).flatMap((text) => finder.find(text)),
  );
  if (speaker === undefined) {
    return { problem: 'The answer named nobody of the team.' };
  }
  if (others.length > 0) {
    return { problem: `The answer named more than one: ${[speaker, ...others].join(', ')}.` };
  }
  return candidates.includes(speaker) ? { speaker } : { problem: `${speaker} may not speak next.` };
}
