import { DomainError, type FieldProblem, ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc, MAX_PROBLEMS } from '../../common/validation/field-problems';
import { validateAt } from '../../common/validation/validate-request';
import { type Settings } from '../../config/settings.schema';
import { agentLimitProblems } from '../agent-limits';
import { checkAgentNames } from '../prompt/agent-names';
import { AgentDefinition, keptAgent, type KeptAgent } from './agent-definition.dto';
import { type LibraryUse } from './library-item';
import { type FindEntry, isReference, overridden, readReference, refer } from './references';

/** Agents as they stand for what was sent. */
export interface TeamAgents {
  readonly agents: readonly KeptAgent[];
  /** Versions of saved agents that were put in the place of references. */
  readonly uses: readonly LibraryUse[];
}

/**
 * Reads a list of agents, each one written out or a reference to a saved one.
 * @throws ValidationFailedError with all problems; DomainError AGENT_NOT_FOUND
 */
export async function readTeamAgents(
  list: readonly unknown[],
  loc: Loc,
  find: FindEntry<KeptAgent>,
  settings: Pick<Settings, 'maxNameCharacters' | 'maxMessageCharacters'>,
): Promise<TeamAgents> {
  const agents: KeptAgent[] = [];
  const uses: LibraryUse[] = [];
  const problems: FieldProblem[] = [];
  for (const [index, raw] of list.entries()) {
    const place = [...loc, index];
    try {
      const { value, use } = await writtenOut(raw, place, find);
      const agent = validateAt(value, AgentDefinition, place);
      problems.push(...agentLimitProblems(agent, settings, place));
      agents.push(keptAgent(agent));
      uses.push(...use);
    } catch (error) {
      if (!(error instanceof ValidationFailedError)) {
        throw error;
      }
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) {
    throw new ValidationFailedError(problems.slice(0, MAX_PROBLEMS));
  }
  return { agents, uses };
}

/**
 * Checks names and ids; an agent without an id gets one when it is used.
 * @throws DomainError INVALID_AGENT_NAME, DUPLICATE_AGENT_NAME, DUPLICATE_AGENT_ID
 */
export function checkTeamNames(agents: readonly KeptAgent[]): void {
  const wrong = checkAgentNames(withIds(agents));
  if (wrong) {
    throw new DomainError(wrong.code, wrong.message);
  }
}

/** Gives each agent without an id that of its name, or the next that nobody has. */
export function withIds<A extends { readonly id?: string; readonly name: string }>(
  agents: readonly A[],
): (A & { readonly id: string })[] {
  const taken = new Set(agents.flatMap(({ id }) => id ?? []));
  return agents.map((agent) => {
    const id = agent.id ?? freeId(agent.name, taken);
    taken.add(id);
    return { ...agent, id };
  });
}

function freeId(name: string, taken: ReadonlySet<string>): string {
  let id = name;
  for (let number = 2; taken.has(id); number += 1) {
    id = `${name}-${number}`;
  }
  return id;
}

async function writtenOut(
  raw: unknown,
  loc: Loc,
  find: FindEntry<KeptAgent>,
): Promise<{ readonly value: unknown; readonly use: readonly LibraryUse[] }> {
  if (!isReference(raw)) {
    return { value: raw, use: [] };
  }
  const reference = readReference(raw, 'agent', loc);
  const { definition, use } = await refer(reference, 'agent', loc, find);
  return { value: overridden(definition, reference.overrides), use: [use] };
}
