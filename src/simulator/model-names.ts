/** Host that Ollama assumes for names without one; it shows up in a few error texts only. */
const LIBRARY_HOST = 'registry.ollama.ai';
const LIBRARY_NAMESPACE = 'library';

const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

/** A model name with every part filled in. */
export interface ModelName {
  host: string;
  namespace: string;
  model: string;
  tag: string;
}

/** Splits `[host/][namespace/]model[:tag]`; undefined for a name that Ollama refuses. */
export function parseModelName(text: string): ModelName | undefined {
  const parts = text.replace(/^https?:\/\//, '').split('/');
  const last = parts.pop() ?? '';
  const colon = last.indexOf(':');
  const name: ModelName = {
    host: parts.length === 2 ? (parts[0] ?? '') : LIBRARY_HOST,
    namespace: parts.at(-1) ?? LIBRARY_NAMESPACE,
    model: colon === -1 ? last : last.slice(0, colon),
    tag: colon === -1 ? 'latest' : last.slice(colon + 1),
  };
  const valid =
    parts.length <= 2 &&
    HOST.test(name.host) &&
    NAMESPACE.test(name.namespace) &&
    PART.test(name.model) &&
    PART.test(name.tag);
  return valid ? name : undefined;
}

/** The form Ollama shows: always with the tag, without the default host and namespace. */
export function displayName({ host, namespace, model, tag }: ModelName): string {
  const isLibrary = host.toLowerCase() === LIBRARY_HOST;
  const place = isLibrary
    ? namespace === LIBRARY_NAMESPACE
      ? ''
      : `${namespace}/`
    : `${host}/${namespace}/`;
  return `${place}${model}:${tag}`;
}

/** The form with all parts, as some error texts have it. */
export function fullName({ host, namespace, model, tag }: ModelName): string {
  return `${host}/${namespace}/${model}:${tag}`;
}

/** The form to compare by: `M`, `m` and `m:latest` are one model. A malformed name is compared as it stands. */
export function comparableName(text: string): string {
  const name = parseModelName(text);
  return (name ? displayName(name) : text).toLowerCase();
}
