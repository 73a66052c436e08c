import { isPlainObject } from '../../../common/validation/unsafe-values';

/** Something in a file of AutoGen AgentChat, as `dump_component()` writes it: a class, and what it was made with. */
export interface Component {
  /** Place in the file, for example `/config/participants/0`. */
  readonly path: string;
  /** Name of the class without its module. */
  readonly name: string;
  readonly config: Fields;
  readonly label: string | null;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Longest text that is repeated in an answer. */
const SHOWN = 100;

/** Whether something that a client sent may be such a file. */
export function isComponent(raw: unknown): raw is Fields {
  return isPlainObject(raw) && typeof raw['provider'] === 'string';
}

/** Reads a component; what is none has a name that nobody knows. */
export function componentOf(raw: unknown, path: string): Component {
  if (!isComponent(raw)) {
    return { path, name: 'unknown', config: {}, label: null };
  }
  const { provider, config, label } = raw;
  const name = String(provider).split('.').at(-1) ?? '';
  return {
    path,
    name: name.slice(0, SHOWN).toWellFormed(),
    config: isPlainObject(config) ? config : {},
    label: textOf(label),
  };
}

/** The component in a field of another one; null when there is none. */
export function inner(component: Component, field: string): Component | null {
  const raw = component.config[field];
  return raw === undefined || raw === null ? null : componentOf(raw, `${component.path}/config/${field}`);
}

/** The components in a list of another one. */
export function innerList(component: Component, field: string): Component[] {
  return listOf(component.config[field]).map((raw, index) =>
    componentOf(raw, `${component.path}/config/${field}/${index}`),
  );
}

/** A text that is not blank, else null. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A finite number, else null. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts in a list. */
export function textsOf(value: unknown): string[] {
  return listOf(value).flatMap((item) => textOf(item) ?? []);
}
