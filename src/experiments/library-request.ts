import { type KeptAgent } from '../agents/library/agent-definition.dto';
import { type LibraryUse } from '../agents/library/library-item';
import { type FindEntry, isReference, overridden, readReference, refer } from '../agents/library/references';
import { readTeamAgents, withIds } from '../agents/library/team-agents';
import { nameKey } from '../agents/prompt/agent-names';
import { ValidationFailedError } from '../common/errors/domain-error';
import { problem } from '../common/validation/field-problems';
import { isPlainObject } from '../common/validation/unsafe-values';
import { type Settings } from '../config/settings.schema';
import { agentColour } from '../conversations/import/agent-colours';
import { type KeptTeam } from '../conversations/library/save-team.dto';
import { type ListedAgent, withModels } from './library-models';

/** Where a request's references are looked up. */
export interface SavedEntries {
  readonly agent: FindEntry<KeptAgent>;
  readonly team: FindEntry<KeptTeam>;
}

/** A request in which everything is written out. */
export interface WrittenOutRequest {
  readonly body: unknown;
  /** What was taken from the library; null when nothing was asked of it. */
  readonly uses: readonly LibraryUse[] | null;
}

type Fields = Readonly<Record<string, unknown>>;
type Limits = Pick<Settings, 'maxNameCharacters' | 'maxMessageCharacters'>;

/**
 * Writes out what a start request names of the library: agents in its list, and its team with the agents of that. A request
 * that names nothing stays as it is. Entries of its list with the name of an agent of the team say what is different there.
 * @throws ValidationFailedError; DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND
 */
export async function writeOutRequest(
  body: unknown,
  saved: SavedEntries,
  limits: Limits,
): Promise<WrittenOutRequest> {
  if (!isPlainObject(body) || !usesLibrary(body)) {
    return { body, uses: null };
  }
  const { models, ...rest } = body;
  const { agents: teamAgents, uses, fields } = await teamOf(body, saved, limits);
  const own = ownAgents(body);
  const changed = new Changes(teamAgents, own);
  const read = await readTeamAgents(
    own.map((entry, index) => changed.written(entry, index)),
    ['body', 'agents'],
    saved.agent,
    limits,
  );
  const listed = read.agents.map((agent, index) => ({ agent, hasOwnModel: hasModel(own[index]) }));
  return {
    body: { ...rest, ...fields, agents: complete(withModels(changed.merged(listed), models)) },
    uses: unique([...uses, ...read.uses]),
  };
}

function usesLibrary({ agents, team }: Fields): boolean {
  return isReference(team) || (Array.isArray(agents) && agents.some(isReference));
}

interface ReferredTeam {
  readonly agents: readonly KeptAgent[];
  readonly uses: readonly LibraryUse[];
  /** What stands in the request for the reference. */
  readonly fields: { readonly team?: unknown; readonly stop?: unknown };
}

async function teamOf({ team, stop }: Fields, saved: SavedEntries, limits: Limits): Promise<ReferredTeam> {
  if (!isReference(team)) {
    return { agents: [], uses: [], fields: {} };
  }
  const loc = ['body', 'team'];
  const reference = readReference(team, 'team', loc);
  const { definition, use } = await refer(reference, 'team', loc, saved.team);
  const { agents, uses } = await readTeamAgents(definition.agents, [...loc, 'agents'], saved.agent, limits);
  return {
    agents,
    uses: [use, ...uses],
    fields: { team: { ...definition.team, ...reference.overrides }, stop: stop ?? definition.stop ?? null },
  };
}

/** The list of the request, which may be left out beside a team of the library. @throws ValidationFailedError */
function ownAgents({ agents }: Fields): readonly unknown[] {
  if (agents === undefined || agents === null) {
    return [];
  }
  if (!Array.isArray(agents)) {
    throw new ValidationFailedError([
      problem('list_type', ['body', 'agents'], 'Input should be a valid list', agents),
    ]);
  }
  return agents;
}

/** Which entries of the request's list change an agent of the team, and which ones are agents of their own. */
class Changes {
  /** Position in the list, by position in the team. A second entry with the same name is an agent too many. */
  private readonly positions: ReadonlyMap<number, number>;

  constructor(
    private readonly team: readonly KeptAgent[],
    own: readonly unknown[],
  ) {
    const keys = own.map((entry) => (isReference(entry) ? null : keyOf(entry)));
    this.positions = new Map(
      team.flatMap(({ name }, member): [number, number][] => {
        const position = keys.indexOf(nameKey(name));
        return position === -1 ? [] : [[member, position]];
      }),
    );
  }

  /** An entry of the list together with what is saved of the agent that it changes. */
  written(entry: unknown, position: number): unknown {
    const member = [...this.positions].find(([, at]) => at === position)?.[0];
    const saved = member === undefined ? undefined : this.team[member];
    return saved === undefined ? entry : overridden(saved, entry as Fields);
  }

  /** The agents of the team in their order, then those of the list. */
  merged(listed: readonly ListedAgent[]): ListedAgent[] {
    const changes = new Set(this.positions.values());
    return [
      ...this.team.map((agent, member) => {
        const change = listed[this.positions.get(member) ?? -1];
        return change ?? { agent, hasOwnModel: false };
      }),
      ...listed.filter((_, position) => !changes.has(position)),
    ];
  }
}

function keyOf(entry: unknown): string | null {
  return isPlainObject(entry) && typeof entry['name'] === 'string' ? nameKey(entry['name'].trim()) : null;
}

/** Gives each agent an id and a colour. */
function complete(agents: readonly KeptAgent[]): object[] {
  return withIds(agents).map((agent, index) => ({ ...agent, color: agent.color ?? agentColour(index) }));
}

function hasModel(entry: unknown): boolean {
  return isPlainObject(entry) && typeof entry['model'] === 'string' && entry['model'].trim() !== '';
}

function unique(uses: readonly LibraryUse[]): LibraryUse[] {
  return [...new Map(uses.map((use) => [`${use.ref} ${use.version}`, use])).values()];
}
