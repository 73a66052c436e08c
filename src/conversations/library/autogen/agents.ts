import { isPlainObject } from '../../../common/validation/unsafe-values';
import { type Component, inner, listOf, numberOf, textOf } from './component';
import { type Mapping } from './mapping';
import { modelOf } from './model-clients';

/** What an assistant is told when its file says nothing. */
const DEFAULT_PROMPT = 'You are a helpful assistant.';

/** Parts of an assistant that have nothing like them here. */
const MISSING_PARTS: readonly (readonly [field: string, why: string])[] = [
  ['tools', 'tools are not run: the agent answers without them'],
  ['workbench', 'tools are not run: the agent answers without them'],
  ['memory', 'there is no memory besides what was said'],
];

/** Takes an assistant over. @returns its name; null when it has none */
export function assistant(component: Component, mapping: Mapping): string | null {
  const { config } = component;
  const name = textOf(config['name']);
  if (name === null) {
    mapping.lacks(component, 'it has no name');
    return null;
  }
  const prompt = textOf(config['system_message']);
  if (prompt === null) {
    mapping.lacks(component, `it has no system message: it is told "${DEFAULT_PROMPT}"`, 'system_message');
  }
  for (const [field, why] of MISSING_PARTS) {
    if (listOf(config[field]).length > 0) {
      mapping.lacks(component, why, field);
    }
  }
  const description = textOf(config['description']);
  mapping.took(component, `agent ${name}`);
  mapping.agents.push({
    name,
    prompt: prompt ?? DEFAULT_PROMPT,
    ...(description === null ? {} : { description }),
    ...modelOf(component, mapping),
    ...structureOf(component),
    ...historyOf(component, mapping),
  });
  return name;
}

/** Takes the assistant within a filter over; it hears what the filter lets through. @returns its name; null when there is none */
export function filteredAssistant(component: Component, mapping: Mapping): string | null {
  const wrapped = inner(component, 'wrapped_agent');
  const taken = wrapped?.name === 'AssistantAgent' ? assistant(wrapped, mapping) : null;
  const agent = mapping.agents.at(-1);
  if (taken === null || agent === undefined) {
    mapping.lacks(component, 'only an assistant can have its own view of what was said: it was left out');
    return null;
  }
  const name = textOf(component.config['name']) ?? taken;
  mapping.agents.splice(-1, 1, { ...agent, name, ...viewOf(component, mapping) });
  mapping.took(component, `history of agent ${name}`);
  return name;
}

function viewOf(component: Component, mapping: Mapping): object {
  const { filter } = component.config;
  const sources = listOf(isPlainObject(filter) ? filter['per_source'] : undefined).filter(isPlainObject);
  const from = sources.flatMap(({ source }) => textOf(source) ?? []).filter((source) => source !== 'user');
  const others = sources.filter(({ source }) => source !== 'user');
  const [first] = others;
  if (others.length === 1 && first?.['position'] === 'last' && numberOf(first['count']) !== null) {
    return { history: { from, last: first['count'] } };
  }
  if (others.some(({ position }) => position !== null && position !== undefined)) {
    mapping.lacks(
      component,
      'how many messages of each source, and the first ones, cannot be told apart here: all messages of these sources are heard',
      'filter',
    );
  }
  return { history: { from } };
}

/** The schema of structured answers. */
function structureOf(component: Component): object {
  const factory = inner(component, 'structured_message_factory');
  const schema = factory?.config['json_schema'];
  return isPlainObject(schema) ? { response_format: schema } : {};
}

function historyOf(component: Component, mapping: Mapping): object {
  const context = inner(component, 'model_context');
  if (context === null || context.name === 'UnboundedChatCompletionContext') {
    return {};
  }
  const last = numberOf(context.config['buffer_size']);
  if (context.name !== 'BufferedChatCompletionContext' || last === null) {
    mapping.lacks(context, 'what does not fit the context of a model is handled by CONTEXT_POLICY');
    return {};
  }
  mapping.lacks(context, 'the own messages of the agent count there, but not here: they are always heard');
  mapping.took(context, `the last ${last} messages`);
  return { history: { last } };
}
