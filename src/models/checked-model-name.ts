import { ValidationFailedError } from '../common/errors/domain-error';
import { type Loc, wrongValue } from '../common/validation/field-problems';
import { type ModelName, parseModelName } from '../ollama/model-name';

/**
 * Reads a model's name that a client gave.
 * @param loc where it stood in the request
 * @throws ValidationFailedError INVALID_MODEL_NAME
 */
export function checkedModelName(text: string, loc: Loc): ModelName {
  const name = parseModelName(text);
  if (!name) {
    const allowed =
      'must be a model name: [host/][namespace/]model[:tag], of letters, digits, _ - and, but for the namespace, dots';
    throw new ValidationFailedError([wrongValue(loc, allowed, text)], 'INVALID_MODEL_NAME');
  }
  return name;
}
