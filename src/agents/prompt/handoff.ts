import { type ToolCall } from '../../ollama/chat-line';
import { type ChatTool } from '../../ollama/chat-message';
import { type Agent } from './agent';
import { findJsonObject, textsOfKey } from './json-answer';
import { NameFinder } from './name-finder';

const KEY = 'hand_over_to';
const TOOL_PREFIX = 'transfer_to_';

/** Words for "to no one"; no agent can have the last name, since it is no identifier. */
const NOBODY = ['nobody', 'none', 'no one'];

const ROLE_CHARACTERS = 200;

/** The tool that hands over to a target. */
export function handoffToolName(target: string): string {
  return `${TOOL_PREFIX}${target.toLowerCase()}`;
}

/** Tools by which a model can hand over, one for each target. */
export function handoffTools(targets: readonly string[], agents: readonly Agent[]): ChatTool[] {
  return targets.map((target) => ({
    name: handoffToolName(target),
    description: `Hand the conversation over to ${described(target, agents)}`,
    parameters: { type: 'object', properties: {}, required: [] },
  }));
}

/** The target of the first of these calls that names one, as its tool or as models spell that; null = none does. */
export function targetOf(
  calls: readonly Pick<ToolCall, 'name'>[],
  targets: readonly string[],
): string | null {
  for (const { name } of calls) {
    const exact = targets.find((candidate) => handoffToolName(candidate) === name.toLowerCase());
    const alike = targets.filter((candidate) => spellings(candidate).includes(plain(name)));
    const target = exact ?? (alike.length === 1 ? alike[0] : undefined);
    if (target !== undefined) {
      return target;
    }
  }
  return null;
}

/** Names under which models call the tool of a target: without its underlines, with another verb, or by the target alone. */
function spellings(target: string): string[] {
  return ['', 'transferto', 'transfer', 'handoffto', 'handoff', 'handoverto'].map(
    (verb) => verb + plain(target),
  );
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '');
}

/** A call that was written down instead of being made. */
export interface WrittenCall {
  readonly name: string;
  /** What stands before it. */
  readonly said: string;
}

/**
 * Weak models write a call down instead of making it: `{"name": "transfer_to_…"}`, bare, fenced or tagged, as the whole answer or
 * at its end, on a line of its own.
 */
export function writtenCall(answer: string): WrittenCall | null {
  const json = findJsonObject(answer);
  if ('problem' in json) {
    return null;
  }
  const { name } = json.value;
  const at = answer.indexOf(json.text);
  const before = answer.slice(0, at).replace(/(?:<tool_call>|```[a-z_]*|\[)\s*$/, '');
  const after = answer.slice(at + json.text.length);
  const isAlone = /(?:^|\n)[ \t]*$/.test(before) && /^[\s`\]]*(?:<\/tool_call>)?\s*$/.test(after);
  return isAlone && typeof name === 'string' && name.toLowerCase().startsWith(TOOL_PREFIX)
    ? { name, said: before.trim() }
    : null;
}

/** What a model is answered that called something it does not have. */
export function unknownToolAnswer(name: string, targets: readonly string[]): string {
  const tools = targets.map((target) => handoffToolName(target)).join(', ');
  return `There is no tool ${JSON.stringify(name.slice(0, 100))}. Call one of these, or none: ${tools}.`;
}

/** JSON schema of the answer to `handoffQuestion`. */
export function handoffSchema(targets: readonly string[]): Record<string, unknown> {
  return {
    type: 'object',
    properties: { [KEY]: { type: 'string', enum: [...targets, nobody(targets)] } },
    required: [KEY],
    additionalProperties: false,
  };
}

/** Asks an agent after its reply whether it hands over. */
export function handoffQuestion(targets: readonly string[], agents: readonly Agent[]): string {
  const list = targets.map((target) => `- ${described(target, agents)}`).join('\n');
  return `Do you hand the conversation over to one of these now?\n${list}\n${answerForm(targets)}`;
}

function answerForm(targets: readonly string[]): string {
  return `Answer with JSON only, in the form {"${KEY}": "<name>"}, where <name> is exactly one of: ${targets.join(', ')}, or "${nobody(targets)}" if you go on yourself.`;
}

/** To whom an answer hands over, null = to nobody; or what is wrong with it in a sentence that can be sent back to the model. */
export type HandoffAnswer =
  | { readonly target: string | null }
  /** `isUnknown` = it could be read, but names somebody to whom nothing can be handed over. */
  | { readonly problem: string; readonly isUnknown: boolean };

/** Reads the answer to `handoffQuestion`. Of several names none is guessed. */
export function readHandoff(answer: string, targets: readonly string[]): HandoffAnswer {
  if (answer.trim() === '') {
    return { problem: 'The answer was empty.', isUnknown: false };
  }
  const finder = new NameFinder([...targets, nobody(targets)]);
  const values = textsOfKey(answer, KEY);
  const [named, ...more] = new Set((values ?? [answer]).flatMap((text) => finder.find(text)));
  if (named === undefined) {
    const isUnknown = values?.some((text) => text.trim() !== '') ?? false;
    return { problem: 'The answer named none of them.', isUnknown };
  }
  return more.length > 0
    ? { problem: `The answer named more than one: ${[named, ...more].join(', ')}.`, isUnknown: false }
    : { target: targets.includes(named) ? named : null };
}

/** What the model is told after an answer that could not be read. */
export function handoffFeedback(problem: string, targets: readonly string[]): string {
  return `${problem} ${answerForm(targets)}`;
}

/** What is said in the place of an agent that only handed over. */
export function handoffText(target: string): string {
  return `Transferred to ${target}.`;
}

function nobody(targets: readonly string[]): string {
  const taken = new Set(targets.map((target) => target.toLowerCase()));
  return NOBODY.find((word) => !taken.has(word)) ?? 'no one';
}

/** A target with what others are told of it. */
function described(target: string, agents: readonly Agent[]): string {
  const agent = agents.find(({ name }) => name === target);
  const role = (agent?.description ?? agent?.prompt ?? '').trim().replace(/\s+/g, ' ');
  const shown = role.length > ROLE_CHARACTERS ? `${role.slice(0, ROLE_CHARACTERS).toWellFormed()}…` : role;
  return target === 'user' ? 'the user, for an answer.' : shown === '' ? `${target}.` : `${target}: ${shown}`;
}
