import { getMetadataStorage, ValidateBy, type ValidationArguments, ValidationTypes } from 'class-validator';

/** What a broken rule says: type and text as pydantic words them, since existing clients know those. */
export interface Fault {
  readonly type: string;
  readonly msg: string | ((value: unknown) => string);
  /** The limit that was passed, for example `{ ge: 1 }`. */
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** A class-validator rule of one field, ready to run. */
export interface CompiledRule {
  readonly type: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
  /** Whether the rule is for the items of a list; what is no list is then not its concern. */
  readonly each: boolean;
  readonly holds: (value: unknown) => boolean;
  readonly message: (value: unknown) => string;
}

/** A class-validator rule, named by the type of its problem. With `each` it is for the items of a list. */
export function rule(
  { type, msg, ctx }: Fault,
  holds: (value: unknown) => boolean,
  each = false,
): PropertyDecorator {
  const defaultMessage = (args?: ValidationArguments) => (typeof msg === 'string' ? msg : msg(args?.value));
  return ValidateBy({ name: type, validator: { validate: holds, defaultMessage } }, { each, context: ctx });
}

/** The rules made by `rule` that class-validator holds for a class, by field, in the order of their declaration. */
export function compileRules(dto: new () => object): ReadonlyMap<string, readonly CompiledRule[]> {
  const storage = getMetadataStorage();
  const rules = new Map<string, CompiledRule[]>();
  for (const declared of storage.getTargetValidationMetadatas(dto, '', false, false)) {
    if (declared.type !== ValidationTypes.CUSTOM_VALIDATION) {
      continue;
    }
    const { propertyName: property, constraints, each } = declared;
    const argsOf = (value: unknown) => ({ value, object: {}, constraints, property, targetName: dto.name });
    for (const { name, instance } of storage.getTargetValidatorConstraints(declared.constraintCls)) {
      const compiled: CompiledRule = {
        type: name,
        ctx: declared.context,
        each,
        holds: (value) => instance.validate(value) === true,
        message: (value) => instance.defaultMessage?.(argsOf(value)) ?? name,
      };
      rules.set(property, [...(rules.get(property) ?? []), compiled]);
    }
  }
  return rules;
}

/** Whether a text has at most so many characters (code points, as Python counts them). */
export function hasAtMost(text: string, maxLength: number): boolean {
  return text.length <= maxLength || (text.length <= 2 * maxLength && countCharacters(text) <= maxLength);
}

/** Whether a text has at least so many characters. */
export function hasAtLeast(text: string, minLength: number): boolean {
  return text.length >= minLength && (text.length >= 2 * minLength || countCharacters(text) >= minLength);
}

/** Code points: the second halves of surrogate pairs do not count. */
function countCharacters(text: string): number {
  return text.length - (text.match(/[\u{10000}-\u{10FFFF}]/gu)?.length ?? 0);
}
