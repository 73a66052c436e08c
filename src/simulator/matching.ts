import { optional, readObject, readText } from './input';
import { comparableName } from './model-names';

/** One message of a prompt. */
export interface PromptMessage {
  role: string;
  content: string;
}

/** What scripts, faults and holds can tell requests apart by. */
export interface RequestFacts {
  path: string;
  model: string;
  messages: readonly PromptMessage[];
  /** The JSON of the messages (of prompt and system text for `/api/generate`). */
  json: string;
  /** The last pull of that model was cancelled. */
  followsCancel: boolean;
}

/** Every condition given must hold; texts are found anywhere in what they are looked for in. */
export interface Match {
  path?: string;
  model?: string;
  /** In any message, as plain text or in the JSON of the messages. */
  contains?: string;
  /** In the system messages. */
  system?: string;
  /** In the last message. */
  last?: string;
}

export function readMatch(value: unknown, what: string): Match {
  const object = readObject(value, what, ['path', 'model', 'contains', 'system', 'last']);
  return {
    path: optional(object, 'path', readText),
    model: optional(object, 'model', readText),
    contains: optional(object, 'contains', readText),
    system: optional(object, 'system', readText),
    last: optional(object, 'last', readText),
  };
}

export function isMatch(match: Match | undefined, facts: RequestFacts): boolean {
  const { path, model, contains, system, last } = match ?? {};
  return (
    (path === undefined || path === '*' || path === facts.path) &&
    (model === undefined || comparableName(model) === comparableName(facts.model)) &&
    (contains === undefined || isIn(contains, facts.messages) || facts.json.includes(contains)) &&
    (system === undefined ||
      isIn(
        system,
        facts.messages.filter(({ role }) => role === 'system'),
      )) &&
    (last === undefined || isIn(last, facts.messages.slice(-1)))
  );
}

function isIn(text: string, messages: readonly PromptMessage[]): boolean {
  return messages.some(({ content }) => content.includes(text));
}
