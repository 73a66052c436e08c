import { type FieldProblem, ValidationFailedError } from '../errors/domain-error';
import { type DtoClass } from './dto-fields';
import { type Loc } from './field-problems';
import { validateRequest } from './validate-request';

/**
 * Reads an object that stands somewhere within a request; its problems are told at that place.
 * @throws ValidationFailedError
 */
export function validateAt<T extends object>(raw: unknown, dto: DtoClass<T>, loc: Loc): T {
  return atPlace(loc, () => validateRequest(raw, dto, 'body'));
}

/** Lets the problems of a check that takes its object for the whole body be told at the place where it stands. */
export function atPlace<T>(loc: Loc, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof ValidationFailedError) {
      throw new ValidationFailedError(error.problems.map((found) => moved(found, loc)));
    }
    throw error;
  }
}

function moved(found: FieldProblem, loc: Loc): FieldProblem {
  return { ...found, loc: [...loc, ...found.loc.slice(1)] };
}
