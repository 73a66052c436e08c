/** Fields of a dataset item that prompts may name. */
export type ItemFields = Readonly<Record<string, string | number | boolean | null>>;

/** What placeholders stand for in a turn. */
export interface PlaceholderValues {
  readonly item: ItemFields;
  readonly agentName: string;
  /** How often the agent will have spoken with this turn. */
  readonly round: number;
}

/** Longer than the longest name of a field with `item.` before it. */
const PLACEHOLDER = /\{\{([^{}]{1,200})\}\}/g;

const ITEM = 'item.';

/**
 * Puts values in the place of `{{item.<field>}}`, `{{agent.name}}` and `{{round}}`, all in one pass, so that what stands in a value
 * is never taken for a placeholder. Unknown ones stay as they are; null becomes an empty text.
 */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replace(PLACEHOLDER, (found, inner: string) => valueOf(inner.trim(), values) ?? found);
}

function valueOf(name: string, { item, agentName, round }: PlaceholderValues): string | null {
  if (name === 'agent.name') {
    return agentName;
  }
  if (name === 'round') {
    return String(round);
  }
  const field = name.startsWith(ITEM) ? name.slice(ITEM.length) : '';
  return Object.hasOwn(item, field) ? String(item[field] ?? '') : null;
}
