import { type ChatMessage } from '../../../ollama/chat-message';
import { type TurnRecord } from '../turn-record';
import { answerInstruction } from './selector-answer';

export interface SelectorPromptInput {
  /** Text of the request with placeholders; null or blank = our own. */
  readonly selectorPrompt: string | null;
  /** The whole team in its order, with what is known of each. */
  readonly roles: readonly { readonly name: string; readonly role: string }[];
  readonly candidates: readonly string[];
  readonly task: string;
  /** What was said. */
  readonly heard: readonly Pick<TurnRecord, 'speaker' | 'text'>[];
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

const ROLE_CHARACTERS = 200;

/**
 * Most characters of the history, task included, and of one message in it. About 2,000 tokens: who is to speak next
 * hangs on the last messages, and the prompt has to fit the context of a small model beside roles and answer.
 */
export const MAX_HISTORY_CHARACTERS = 8_000;
export const MAX_ENTRY_CHARACTERS = 2_000;

const PLACEHOLDER = /\{\{(roles|participants|history)\}\}|\{(roles|participants|history)\}/g;

/**
 * The question to the selector model. Placeholders are replaced in single and in double braces (the dashboard shows
 * the latter), all in one pass, so that what an agent said is never taken for a placeholder; other braces stay.
 */
export function buildSelectorPrompt(input: SelectorPromptInput): ChatMessage[] {
  const { selectorPrompt, candidates } = input;
  const template =
    selectorPrompt === null || selectorPrompt.trim() === '' ? DEFAULT_SELECTOR_PROMPT : selectorPrompt;
  const values: Record<string, string> = {
    roles: rolesText(input.roles),
    participants: `[${candidates.map((name) => `'${name}'`).join(', ')}]`,
    history: history(input.task, input.heard),
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

/** `Name: start of its role`, one line for each member of the team. */
function rolesText(roles: SelectorPromptInput['roles']): string {
  return roles
    .map(({ name, role }) => `${name}: ${clipEnd(role.trim().replace(/\s+/g, ' '), ROLE_CHARACTERS)}`)
    .join('\n');
}

/** `source: text` blocks: the task as `user`, then as many of the newest messages as there is room for. */
function history(task: string, turns: SelectorPromptInput['heard']): string {
  const first = `user: ${clipMiddle(task, MAX_ENTRY_CHARACTERS)}`;
  const newest: string[] = [];
  let room = MAX_HISTORY_CHARACTERS - first.length;
  for (const { speaker, text } of turns.toReversed()) {
    const entry = `${speaker}: ${clipMiddle(text, MAX_ENTRY_CHARACTERS)}`;
    room -= entry.length;
    if (room < 0) {
      break;
    }
    newest.unshift(entry);
  }
  const gap = newest.length < turns.length ? ['…'] : [];
  return [first, ...gap, ...newest].join('\n\n');
}

function clipEnd(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** Keeps both ends: the end of a message often says who is asked. A character cut in two becomes U+FFFD. */
function clipMiddle(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const half = Math.floor(most / 2);
  return `${text.slice(0, half).toWellFormed()} … ${text.slice(-half).toWellFormed()}`;
}
