import { type FieldProblem } from '../errors/domain-error';
import { type Loc } from './field-problems';
import { type CompiledRule, compileRules } from './rules';

/** A class whose fields are declared with the decorators of `fields.ts`. */
export type DtoClass<T extends object = object> = new () => T;

/** What a field decorator declares, besides the rules that it leaves with class-validator. */
export interface DtoField {
  readonly optional: boolean;
  readonly nullable: boolean;
  /** Reads the value leniently; what cannot be read comes back as it is. */
  readonly read: (value: unknown) => unknown;
  /** Set when the field is read by a schema, with all that is wrong in it. */
  readonly parse?: (
    value: unknown,
    loc: Loc,
  ) => { readonly value: unknown } | { readonly problems: readonly FieldProblem[] };
  /** Set when the field holds one object of another DTO class, or a list of them. */
  readonly nested?: { readonly type: () => DtoClass; readonly list: boolean };
}

/** All that is needed to read an object of a DTO class; made once per class. */
export interface DtoPlan {
  readonly strict: boolean;
  /** Whether a request may leave the whole object out. */
  readonly mayBeMissing: boolean;
  readonly fields: ReadonlyMap<string, DtoField & { readonly rules: readonly CompiledRule[] }>;
}

const declaredFields = new WeakMap<object, Map<string, DtoField>>();
const strictPrototypes = new WeakSet();
const optionalPrototypes = new WeakSet();
const plans = new WeakMap<DtoClass, DtoPlan>();

/** Class decorator: an unknown field of such an object is refused, by its name and the nearest known one. */
export function StrictObject() {
  return (target: DtoClass): void => {
    strictPrototypes.add(prototypeOf(target));
  };
}

/** Class decorator: a request without such a body is read as one with an empty object. */
export function OptionalBody() {
  return (target: DtoClass): void => {
    optionalPrototypes.add(prototypeOf(target));
  };
}

/** Notes a field of a DTO class; called by the field decorators only. */
export function declareField(prototype: object, name: string, field: DtoField): void {
  const fields = declaredFields.get(prototype) ?? new Map<string, DtoField>();
  fields.set(name, field);
  declaredFields.set(prototype, fields);
}

/** The plan of a DTO class; fields and strictness of the classes that it extends count too. */
export function planOf(dto: DtoClass): DtoPlan {
  let plan = plans.get(dto);
  if (plan === undefined) {
    plan = makePlan(dto);
    plans.set(dto, plan);
  }
  return plan;
}

function makePlan(dto: DtoClass): DtoPlan {
  const chain: object[] = [];
  for (
    let prototype = prototypeOf(dto);
    prototype !== Object.prototype;
    prototype = prototypeAbove(prototype)
  ) {
    chain.unshift(prototype);
  }
  const rules = compileRules(dto);
  const fields = chain.flatMap((prototype) => [...(declaredFields.get(prototype) ?? [])]);
  return {
    strict: chain.some((prototype) => strictPrototypes.has(prototype)),
    mayBeMissing: optionalPrototypes.has(prototypeOf(dto)),
    fields: new Map(fields.map(([name, field]) => [name, { ...field, rules: rules.get(name) ?? [] }])),
  };
}

function prototypeOf(dto: DtoClass): object {
  const prototype: unknown = dto.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : Object.prototype;
}

function prototypeAbove(prototype: object): object {
  const above: unknown = Object.getPrototypeOf(prototype);
  return typeof above === 'object' && above !== null ? above : Object.prototype;
}
