import { type TurnRecord } from '../turn-record';

/** A member of a team and what is known of it. */
export interface Role {
  readonly name: string;
  readonly role: string;
}

/** What was said, and by whom. */
export type Heard = Pick<TurnRecord, 'speaker' | 'text'>;

const ROLE_CHARACTERS = 200;

/**
 * Most characters of the history, task included, and of one message in it. About 2,000 tokens: who is to speak next
 * hangs on the last messages, and the prompt has to fit the context of a small model beside roles and answer.
 */
export const MAX_HISTORY_CHARACTERS = 8_000;
export const MAX_ENTRY_CHARACTERS = 2_000;

/** `Name: start of its role`, one line for each member of the team. */
export function rolesText(roles: readonly Role[]): string {
  return roles
    .map(({ name, role }) => `${name}: ${clipEnd(role.trim().replace(/\s+/g, ' '), ROLE_CHARACTERS)}`)
    .join('\n');
}

/** `source: text` blocks: the task as `user`, then as many of the newest messages as fit into so many characters. */
export function historyText(task: string, turns: readonly Heard[], characters: number): string {
  const most = Math.min(MAX_ENTRY_CHARACTERS, Math.floor(characters / 2));
  const first = `user: ${clipMiddle(task, most)}`;
  const newest: string[] = [];
  let room = characters - first.length;
  for (const { speaker, text } of turns.toReversed()) {
    const entry = `${speaker}: ${clipMiddle(text, most)}`;
    room -= entry.length;
    if (room < 0) {
      break;
    }
    newest.unshift(entry);
  }
  const gap = newest.length < turns.length ? ['…'] : [];
  return [first, ...gap, ...newest].join('\n\n');
}

export function clipEnd(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** Keeps both ends: the end of a message often says who is asked. A character cut in two becomes U+FFFD. */
export function clipMiddle(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const half = Math.floor(most / 2);
  return `${text.slice(0, half).toWellFormed()} … ${text.slice(-half).toWellFormed()}`;
}
