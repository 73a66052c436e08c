import { isPlainObject } from '../../common/validation/unsafe-values';

/** The fields of conversations, agents and messages whose two spellings differ, as older files and clients write them. */
const CAMEL_NAMES: Readonly<Record<string, string>> = {
  agent_id: 'agentId',
  original_name: 'originalName',
  created_at: 'createdAt',
  imported_at: 'importedAt',
};

/** An object with its own field names in camelCase; where both spellings are there, camelCase counts. */
export function withCamelKeys(value: unknown): unknown {
  if (!isPlainObject(value)) {
    return value;
  }
  const entries = Object.entries(value);
  const renamed = entries.flatMap(([name, field]): [string, unknown][] => {
    const camel = CAMEL_NAMES[name];
    return camel === undefined || Object.hasOwn(value, camel) ? [] : [[camel, field]];
  });
  return renamed.length === 0 ? value : { ...value, ...Object.fromEntries(renamed) };
}

/** The same for a whole conversation: its own fields and those of its agents and messages. */
export function conversationWithCamelKeys(value: unknown): unknown {
  const conversation = withCamelKeys(value);
  if (!isPlainObject(conversation)) {
    return conversation;
  }
  const lists = ['agents', 'messages'].flatMap((name): [string, unknown][] => {
    const list = conversation[name];
    return Array.isArray(list) ? [[name, list.map(withCamelKeys)]] : [];
  });
  return { ...conversation, ...Object.fromEntries(lists) };
}
