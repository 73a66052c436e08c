import { type ChatMessage } from '../../../ollama/chat-message';
import { type Heard, historyText, MAX_HISTORY_CHARACTERS, type Role, rolesText } from './question-text';
import { answerInstruction } from './selector-answer';

export interface SelectorPromptInput {
  /** Text of the request with placeholders; null or blank = our own. */
  readonly selectorPrompt: string | null;
  /** The whole team in its order, with what is known of each. */
  readonly roles: readonly Role[];
  readonly candidates: readonly string[];
  readonly task: string;
  /** What was said. */
  readonly heard: readonly Heard[];
}

/** Also keeps Ollama from putting the model's own SYSTEM text first. */
const SYSTEM_PROMPT =
  'You decide who speaks next in a conversation. You take no part in it and answer with a name only.';

/** Our own question, for requests that bring none; also shown to clients as the default. */
export const DEFAULT_SELECTOR_PROMPT = `A team works on a task. Its members and their roles:
{roles}

The conversation so far:
{history}

Decide which of {participants} should speak next: the one who is asked, or whose role is needed most now.`;

const PLACEHOLDER = /\{\{(roles|participants|history)\}\}|\{(roles|participants|history)\}/g;

/**
 * The question to the selector model. Placeholders are replaced in single and in double braces (the dashboard shows
 * the latter), all in one pass, so that what an agent said is never taken for a placeholder; other braces stay.
 */
export function buildSelectorPrompt(
  input: SelectorPromptInput,
  historyCharacters = MAX_HISTORY_CHARACTERS,
): ChatMessage[] {
  const { selectorPrompt, candidates } = input;
  const template =
    selectorPrompt === null || selectorPrompt.trim() === '' ? DEFAULT_SELECTOR_PROMPT : selectorPrompt;
  const values: Record<string, string> = {
    roles: rolesText(input.roles),
    participants: `[${candidates.map((name) => `'${name}'`).join(', ')}]`,
    history: historyText(input.task, input.heard, historyCharacters),
  };
  const question = template.replace(
    PLACEHOLDER,
    (found, double?: string, single?: string) => values[double ?? single ?? ''] ?? found,
  );
  return [
    { role: 'system', content: SYSTEM_PROMPT },
    { role: 'user', content: `${question}\n\n${answerInstruction(candidates)}` },
  ];
}
