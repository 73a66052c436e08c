import { DomainError } from '../common/errors/domain-error';
import { type ModelName, parseModelName } from '../ollama/model-name';

/**
 * Reads a model's name that a client gave.
 * @throws DomainError INVALID_MODEL_NAME
 */
export function checkedModelName(text: string): ModelName {
  const name = parseModelName(text);
  if (!name) {
    throw new DomainError(
      'INVALID_MODEL_NAME',
      'The model name is outside the grammar of Ollama. Allowed: [host/][namespace/]model[:tag], of letters, digits, _ - and, but for the namespace, dots.',
    );
  }
  return name;
}
