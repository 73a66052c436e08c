import { unwrapped } from '../../../agents/prompt/json-answer';
import { withoutThinking } from '../../../agents/prompt/think-tags';
import { isPlainObject } from '../../../common/validation/unsafe-values';
import { type LedgerVerdict } from '../speaker-choice';
import { NameFinder } from '../../../agents/prompt/name-finder';
import { clipEnd } from './question-text';

/** How often a manager is asked for its ledger before the next in order speaks. */
export const LEDGER_ATTEMPTS = 3;

/** What a manager answered before a move. */
export interface LedgerAnswer {
  /** Who comes next: a participant, or the manager itself when it is satisfied. */
  readonly speaker: string;
  readonly verdict: LedgerVerdict;
}

/** What a ledger is about. */
export interface LedgerTeam {
  readonly manager: string;
  readonly participants: readonly string[];
  /** Whether a participant has taken a turn: before that no task is done, whatever a small model says. */
  readonly hasWorked: boolean;
}

/** What counts for a key that is missing or unreadable. */
export const DEFAULT_VERDICT: LedgerVerdict = {
  satisfied: false,
  in_loop: false,
  progress: true,
  instruction: 'Continue with the task.',
};

const INSTRUCTION_CHARACTERS = 4_000;

type Key = 'satisfied' | 'in_loop' | 'progress' | 'next_speaker' | 'instruction';

/** Our keys, and those of Magentic-One, which models may know by heart; without signs and capitals, which models change. */
const KEYS: ReadonlyMap<string, Key> = new Map([
  ['satisfied', 'satisfied'],
  ['isrequestsatisfied', 'satisfied'],
  ['inloop', 'in_loop'],
  ['isinloop', 'in_loop'],
  ['progress', 'progress'],
  ['isprogressbeingmade', 'progress'],
  ['nextspeaker', 'next_speaker'],
  ['speaker', 'next_speaker'],
  ['instruction', 'instruction'],
  ['instructionorquestion', 'instruction'],
]);

/** A quoted key with its value: a text in either kind of quotes, the last one perhaps cut off, or a truth value. */
const KEY_VALUE =
  /["'](\w{1,40})["']\s{0,20}:\s{0,20}(?:"((?:[^"\\]|\\.){0,4000})("|$)|'((?:[^'\\]|\\.){0,4000})('|$)|(true|false)\b)/gi;

/**
 * JSON schema of a ledger. It is flat, since small models lose their way in objects within objects, and the instruction comes
 * last, since the end is what is lost when an answer is cut off.
 */
export function ledgerSchema(participants: readonly string[]): Record<string, unknown> {
  return {
    type: 'object',
    properties: {
      satisfied: { type: 'boolean' },
      in_loop: { type: 'boolean' },
      progress: { type: 'boolean' },
      next_speaker: { type: 'string', enum: [...participants] },
      instruction: { type: 'string' },
    },
    required: ['satisfied', 'in_loop', 'progress', 'next_speaker', 'instruction'],
    additionalProperties: false,
  };
}

/** Stands at the end of every question, since a schema alone does not tell a model what to write. */
export function ledgerForm(participants: readonly string[]): string {
  return `Answer with JSON only, in the form {"satisfied": true or false, "in_loop": true or false, "progress": true or false, "next_speaker": "<name>", "instruction": "<text>"}, where <name> is exactly one of: ${participants.join(', ')}.`;
}

/**
 * Reads a ledger, however a small model has wrapped it: fenced, amid text, after thinking, in single quotes, cut off, with
 * missing keys. Only the name of who comes next has to be there, and to be one of the team's, unless the task is done.
 */
export function readLedger(
  raw: string,
  { manager, participants, hasWorked }: LedgerTeam,
): { readonly value: LedgerAnswer } | { readonly problem: string } {
  const text = withoutThinking(raw);
  if (text === '') {
    return { problem: 'The answer was empty.' };
  }
  const fields = parsedFields(text) ?? scannedFields(text);
  if (fields.size === 0) {
    return { problem: 'The answer was not the JSON that was asked for.' };
  }
  const verdict: LedgerVerdict = {
    satisfied: hasWorked && (truth(fields.get('satisfied')) ?? DEFAULT_VERDICT.satisfied),
    in_loop: truth(fields.get('in_loop')) ?? DEFAULT_VERDICT.in_loop,
    progress: truth(fields.get('progress')) ?? DEFAULT_VERDICT.progress,
    instruction: instructionOf(fields.get('instruction')),
  };
  if (verdict.satisfied) {
    return { value: { speaker: manager, verdict } };
  }
  const named = [fields.get('next_speaker')].flat().filter((item) => typeof item === 'string');
  const finder = new NameFinder(participants);
  const [speaker, ...others] = new Set(named.flatMap((name) => finder.find(name)));
  if (speaker === undefined) {
    return { problem: 'next_speaker named nobody of the team.' };
  }
  return others.length > 0
    ? { problem: `next_speaker named more than one: ${[speaker, ...others].join(', ')}.` }
    : { value: { speaker, verdict } };
}

/** The fields of the JSON object in a text; null when there is none with a key of ours. */
function parsedFields(text: string): ReadonlyMap<Key, unknown> | null {
  const fields = new Map<Key, unknown>();
  for (const [name, value] of Object.entries(objectIn(text))) {
    const key = keyNamed(name);
    if (key) {
      fields.set(key, unwrapped(value));
    }
  }
  return fields.size > 0 ? fields : null;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The fields of what is no JSON but looks like it. A name that was cut off could be another one's, so it does not count. */
function scannedFields(text: string): ReadonlyMap<Key, unknown> {
  const fields = new Map<Key, unknown>();
  for (const [, name = '', double, doubleEnd, single, singleEnd, word] of text.matchAll(KEY_VALUE)) {
    const key = keyNamed(name);
    const isCutOff = word === undefined && (doubleEnd ?? singleEnd) === '';
    if (key && !(isCutOff && key === 'next_speaker')) {
      fields.set(key, word ?? unescaped(double ?? single ?? ''));
    }
  }
  return fields;
}

function keyNamed(name: string): Key | undefined {
  return KEYS.get(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
}

/** The text of a JSON string without its quotes; as it stands where it is no JSON. */
function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

function truth(value: unknown): boolean | null {
  const word = String(value).trim().toLowerCase();
  if (word === 'true' || word === 'yes') {
    return true;
  }
  return word === 'false' || word === 'no' ? false : null;
}

function instructionOf(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? DEFAULT_VERDICT.instruction : clipEnd(text, INSTRUCTION_CHARACTERS);
}
