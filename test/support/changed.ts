type Step = string | number;

/** A copy of a JSON value that is changed at one place (`agents.0.name`); `undefined` takes the field away. */
export function changed(value: unknown, path: string, replacement: unknown): unknown {
  return changeAt(value, steps(path), replacement);
}

function changeAt(value: unknown, [step, ...rest]: readonly Step[], replacement: unknown): unknown {
  if (step === undefined) {
    return replacement;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === step ? changeAt(item, rest, replacement) : item));
  }
  const fields = Object.entries(value ?? {}).filter(([name]) => name !== step);
  const before = (value as Record<Step, unknown> | null | undefined)?.[step];
  const after = changeAt(before, rest, replacement);
  return Object.fromEntries(after === undefined ? fields : [...fields, [step, after]]);
}

function steps(path: string): Step[] {
  return path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
