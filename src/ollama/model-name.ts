/**
 * A model's name as Ollama compares it: with its tag, in lower case (ollama-wire §1). Colons before the last slash
 * belong to the port of a registry.
 */
export function fullModelName(model: string): string {
  const name = model.toLowerCase();
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}
