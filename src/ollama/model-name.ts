/** Where a name without a host comes from; Ollama shows such names without host and namespace (ollama-wire §1). */
export const LIBRARY_HOST = 'registry.ollama.ai';

const LIBRARY_NAMESPACE = 'library';
const HOST = /^\w[\w.:-]{0,349}$/;
const NAMESPACE = /^\w[\w-]{0,79}$/;
const MODEL_OR_TAG = /^\w[\w.-]{0,79}$/;

/** The longest text that can be a name: all parts and what stands between them. */
export const MAX_MODEL_NAME = 350 + 3 * 80 + 3;

/** A model's name with every part filled in, in the spelling in which it was given. */
export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

/**
 * Splits `[host/][namespace/]model[:tag]`. Null for what is outside Ollama's grammar, and for a host with a scheme:
 * Ollama would drop the scheme without a word.
 */
export function parseModelName(text: string): ModelName | null {
  const { path, tag } = splitTag(text);
  const [model = '', namespace = LIBRARY_NAMESPACE, host = LIBRARY_HOST, ...more] = path
    .split('/')
    .toReversed();
  const fits =
    more.length === 0 &&
    HOST.test(host) &&
    NAMESPACE.test(namespace) &&
    MODEL_OR_TAG.test(model) &&
    MODEL_OR_TAG.test(tag);
  return fits ? { host, namespace, model, tag } : null;
}

/**
 * A model's name as Ollama compares it: with its tag, without the default host and namespace, in lower case
 * (ollama-wire §1). A text that is no name is compared as it stands.
 */
export function fullModelName(text: string): string {
  const name = parseModelName(text.toLowerCase());
  if (name === null) {
    const { path, tag } = splitTag(text.toLowerCase());
    return `${path}:${tag}`;
  }
  const { host, namespace, model, tag } = name;
  const place = host === LIBRARY_HOST ? '' : `${host}/`;
  const isLibrary = place === '' && namespace === LIBRARY_NAMESPACE;
  return `${place}${isLibrary ? '' : `${namespace}/`}${model}:${tag}`;
}

/** Colons before the last slash belong to the port of a registry. */
function splitTag(text: string): { path: string; tag: string } {
  const colon = text.lastIndexOf(':');
  return colon > text.lastIndexOf('/')
    ? { path: text.slice(0, colon), tag: text.slice(colon + 1) }
    : { path: text, tag: 'latest' };
}
