/** What a team's list of agents gets wrong: the first fault in the order of the list. */
export interface AgentNameFault {
  /** Position in the list, from 0. */
  readonly index: number;
  readonly code: 'INVALID_AGENT_NAME' | 'DUPLICATE_AGENT_NAME' | 'DUPLICATE_AGENT_ID';
  /** Text for people: names the agent and says what is allowed. */
  readonly message: string;
}

/** Python's `str.isidentifier`, which the first backend used: no NFKC is needed, XID properties are closed under it. */
const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;

/** `user` is the source of the task in selector prompts, `System` the pseudo agent of stored conversations. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['user', 'system']);

const ALLOWED = 'letters and digits of any script and "_", not starting with a digit';
const SHOWN_CHARACTERS = 100;

/**
 * Form in which two names that people and small models take for the same are equal: case-folded and NFKC. Lower,
 * upper, lower is the nearest to Unicode's full case folding that JavaScript has (`ẞ`, `ß` and `ss` become one).
 */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/**
 * Checks names and ids of a team (wire contract 8.3), and returns the first fault or null. Names that differ only in
 * case are refused, as in the dashboard: the selector could not tell them apart.
 */
export function checkAgentNames(
  agents: readonly { readonly id: string; readonly name: string }[],
): AgentNameFault | null {
  const names = new Map<string, number>();
  const ids = new Set<string>();
  for (const [index, { id, name }] of agents.entries()) {
    const key = nameKey(name);
    const fault =
      nameFault(name, key) ?? duplicateName(name, names.get(key), agents) ?? duplicateId(id, name, ids);
    if (fault !== null) {
      return { index, ...fault };
    }
    names.set(key, index);
    ids.add(id);
  }
  return null;
}

type Fault = Omit<AgentNameFault, 'index'>;

function nameFault(name: string, key: string): Fault | null {
  if (!IDENTIFIER.test(name)) {
    return {
      code: 'INVALID_AGENT_NAME',
      message: `Agent name ${shown(name)} is not allowed: use ${ALLOWED}.`,
    };
  }
  if (RESERVED_KEYS.has(key)) {
    return {
      code: 'INVALID_AGENT_NAME',
      message: `Agent name ${shown(name)} is reserved: "user" and "system" are not allowed in any case.`,
    };
  }
  return null;
}

function duplicateName(
  name: string,
  first: number | undefined,
  agents: readonly { readonly name: string }[],
): Fault | null {
  if (first === undefined) {
    return null;
  }
  const other = agents[first]?.name ?? '';
  const how = other === name ? 'is used twice' : `counts as the same as ${shown(other)}`;
  return {
    code: 'DUPLICATE_AGENT_NAME',
    message: `Agent name ${shown(name)} ${how}: names must differ in more than upper and lower case.`,
  };
}

function duplicateId(id: string, name: string, ids: ReadonlySet<string>): Fault | null {
  if (!ids.has(id)) {
    return null;
  }
  return {
    code: 'DUPLICATE_AGENT_ID',
    message: `Agent ${shown(name)} has the id ${shown(id)} of another agent: every agent needs an id of its own.`,
  };
}

/** Quoted and escaped, at a length that fits an error message. */
function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
