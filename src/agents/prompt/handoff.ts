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

/** The target of the first of these calls that names one; null = none does. */
export function targetOf(
  calls: readonly Pick<ToolCall, 'name'>[],
  targets: readonly string[],
): string | null {
  for (const { name } of calls) {
    const target = targets.find((candidate) => handoffToolName(candidate) === name.toLowerCase());
    if (target !== undefined) {
      return target;
    }
  }
  return null;
}

/** Weak models write down a call instead of making it: nothing but `{"name": "transfer_to_…"}`, bare, fenced or tagged. */
export function writtenCall(answer: string): string | null {
  if (!/^(?:\{|```|<tool_call>|\[)/.test(answer.trim())) {
    return null;
  }
  const json = findJsonObject(answer);
  const name = 'value' in json ? json.value['name'] : undefined;
  return typeof name === 'string' && name.toLowerCase().startsWith(TOOL_PREFIX) ? name : null;
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
  return `Do you hand the conversation over to one of these now?\n${list}\nAnswer with JSON only, in the form {"${KEY}": "<name>"}, where <name> is exactly one of: ${targets.join(', ')}, or "${nobody(targets)}" if you go on yourself.`;
}

/** To whom the answer hands over; null = to nobody, or it cannot be read. */
export function readHandoff(answer: string, targets: readonly string[]): string | null {
  const finder = new NameFinder([...targets, nobody(targets)]);
  const texts = textsOfKey(answer, KEY) ?? [answer];
  const [target, ...more] = new Set(texts.flatMap((text) => finder.find(text)));
  return target !== undefined && more.length === 0 && targets.includes(target) ? target : null;
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
