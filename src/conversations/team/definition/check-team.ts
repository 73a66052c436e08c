import { nameKey } from '../../../agents/prompt/agent-names';
import { checkEngine } from './check-engine';
import { PatternCheck } from './check-patterns';
import { checkStop } from './check-stop';
import { type Finding, Findings, quoted, type RequestLoc } from './finding';
import { type StopRule } from './stop-rule';
import { type TeamDefinition } from './team-definition';
import { agentOf, agentsIn, isTeam, partsOf, type TeamPart } from './team-parts';

/** The parts of a request that say how its agents work together. */
export interface TeamRequest {
  readonly team: TeamDefinition | null;
  readonly stop: StopRule | null;
  /** Names of the agents. */
  readonly agents: readonly string[];
}

/** How deep teams may stand in teams, the outermost included. */
const MAX_DEPTH = 8;
/** Members of all teams of a request together. */
const MAX_MEMBERS = 256;
/** Names that mean somebody else wherever they stand. */
const RESERVED: ReadonlySet<string> = new Set(['user', 'system']);

/** Teams in which a model says who comes next, or votes for somebody. */
const CHOSEN_BY_NAME: ReadonlySet<TeamDefinition['type']> = new Set([
  'selector',
  'swarm',
  'moderator',
  'panel',
]);

/**
 * Checks what the shape of a team does not show: that whoever is named exists, that names are clear, that nodes can be
 * reached and loops end, that patterns can be read.
 */
export function checkTeam(request: TeamRequest): readonly Finding[] {
  const findings = new Findings();
  const check = new TeamCheck(request, findings);
  if (request.team && !check.isSmallEnough(request.team)) {
    return findings.all;
  }
  check.run();
  return findings.all;
}

/** What is known where a team stands. */
interface Around {
  readonly loc: RequestLoc;
  /** Whether a rule of a team around it, or of the run, ends it. */
  readonly hasStop: boolean;
}

class TeamCheck {
  private readonly agents: ReadonlySet<string>;
  private readonly agentKeys: ReadonlySet<string>;
  private readonly teamKeys = new Set<string>();
  private readonly patterns: PatternCheck;

  constructor(
    private readonly request: TeamRequest,
    private readonly findings: Findings,
  ) {
    this.agents = new Set(request.agents);
    this.agentKeys = new Set(request.agents.map(nameKey));
    this.patterns = new PatternCheck(findings);
  }

  run(): void {
    const { team, stop, agents } = this.request;
    if (stop) {
      const speakers = team ? agentsIn(team) : this.agents;
      this.checkStop(stop, ['stop'], speakers, team);
    }
    if (!team) {
      return;
    }
    this.checkTeam(team, { loc: ['team'], hasStop: stop !== null });
    const placed = agentsIn(team);
    agents.forEach((name, index) => {
      if (!placed.has(name)) {
        const message = `${quoted(name)} stands nowhere in the team and never speaks`;
        this.findings.warning(['agents', index], 'agent_unused', message, name);
      }
    });
  }

  /** Everything else takes time by the square of the members at worst. */
  isSmallEnough(root: TeamDefinition): boolean {
    const waiting: { readonly team: TeamDefinition; readonly loc: RequestLoc; readonly depth: number }[] = [
      { team: root, loc: ['team'], depth: 1 },
    ];
    let members = 0;
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const { team, loc, depth } = one;
      if (depth > MAX_DEPTH) {
        const message = `teams must not stand in each other deeper than ${MAX_DEPTH} levels`;
        this.findings.error(loc, 'nested_too_deep', message);
        return false;
      }
      const parts = partsOf(team);
      members += parts.length;
      if (members > MAX_MEMBERS) {
        const message = `all teams together must not have more than ${MAX_MEMBERS} members`;
        this.findings.error(['team'], 'too_many_members', message);
        return false;
      }
      for (const { part, loc: at } of parts) {
        if (isTeam(part)) {
          waiting.push({ team: part, loc: [...loc, ...at], depth: depth + 1 });
        }
      }
    }
    return true;
  }

  private checkTeam(team: TeamDefinition, { loc, hasStop: isStoppedAround }: Around): void {
    const hasStop = isStoppedAround || team.stop !== undefined || team.max_turns !== undefined;
    const parts = partsOf(team);
    const ids = new Map<string, TeamPart>();
    for (const part of parts) {
      this.checkPart(part, loc);
      this.checkUnique(part, ids, loc);
    }
    checkEngine(team, loc, { findings: this.findings, patterns: this.patterns, hasStop });
    if (CHOSEN_BY_NAME.has(team.type)) {
      this.checkNamed(parts, loc);
    }
    if (team.stop) {
      this.checkStop(team.stop, [...loc, 'stop'], agentsIn(team), team);
    }
    for (const { part, loc: at } of parts) {
      if (isTeam(part)) {
        this.checkTeam(part, { loc: [...loc, ...at], hasStop });
      }
    }
  }

  private checkPart({ part, as, id, loc: at }: TeamPart, around: RequestLoc): void {
    const loc = [...around, ...at];
    if (isTeam(part)) {
      this.checkTeamName(part, as, id, loc);
      return;
    }
    const name = agentOf(part);
    const isPlaced = typeof part === 'object';
    if (!this.agents.has(name)) {
      const what = 'agent of this request';
      this.findings.unknownName(isPlaced ? [...loc, 'agent'] : loc, {
        type: 'unknown_agent',
        what,
        name,
        known: this.agents,
      });
    }
    if (as === 'node' && id !== name) {
      this.checkFreeName(id ?? '', [...around, ...at.slice(0, -1), 'id']);
    }
    if (isPlaced) {
      part.history?.from?.forEach((from, index) => {
        if (!this.agents.has(from)) {
          this.findings.unknownName([...loc, 'history', 'from', index], {
            type: 'unknown_agent',
            what: 'agent of this request, and only agents say something',
            name: from,
            known: this.agents,
          });
        }
      });
    }
  }

  /** A nested team is known by its name, or its type when it has none; in a graph by its node. */
  private checkTeamName(
    { name }: TeamDefinition,
    as: TeamPart['as'],
    id: string | undefined,
    loc: RequestLoc,
  ): void {
    if (as === 'node') {
      this.checkFreeName(id ?? '', [...loc.slice(0, -1), 'id']);
      return;
    }
    if (name === undefined) {
      return;
    }
    this.checkFreeName(name, [...loc, 'name']);
    const key = nameKey(name);
    if (this.teamKeys.has(key)) {
      const message = `${quoted(name)} is the name of another team already`;
      this.findings.error([...loc, 'name'], 'duplicate_name', message, name);
    }
    this.teamKeys.add(key);
  }

  /** A model that chooses between names is helped by one that says something. */
  private checkNamed(parts: readonly TeamPart[], around: RequestLoc): void {
    for (const { part, loc } of parts) {
      if (isTeam(part) && part.name === undefined) {
        const message = `has no \`name\`: models choose between names here and know it as '${part.type}'`;
        this.findings.warning([...around, ...loc], 'name_missing', message);
      }
    }
  }

  private checkFreeName(name: string, loc: RequestLoc): void {
    const key = nameKey(name);
    if (RESERVED.has(key)) {
      this.findings.error(loc, 'name_reserved', `${quoted(name)} is reserved`, name);
    } else if (this.agentKeys.has(key)) {
      const message = `${quoted(name)} is the name of an agent: what is not this agent needs another one`;
      this.findings.error(loc, 'duplicate_name', message, name);
    }
  }

  /** Within one team everybody is told apart by name. */
  private checkUnique(part: TeamPart, ids: Map<string, TeamPart>, around: RequestLoc): void {
    if (part.id === undefined || part.as === 'stage') {
      return;
    }
    const first = ids.get(part.id);
    ids.set(part.id, first ?? part);
    if (!first) {
      return;
    }
    const loc = [...around, ...part.loc];
    const id = quoted(part.id);
    if (part.as === 'node') {
      const message = `${id} is the id of another node of this graph already`;
      this.findings.error([...around, ...part.loc.slice(0, -1), 'id'], 'duplicate_node', message, part.id);
    } else if (part.as !== first.as) {
      const field = String((part.as === 'lead' ? part : first).loc[0]);
      const message = `${id} takes part already: the ${field} must be somebody else`;
      this.findings.error(loc, 'lead_takes_part', message, part.id);
    } else {
      const message = `${id} takes part already: for several places of one agent use a graph or a pipeline`;
      this.findings.error(loc, 'duplicate_member', message, part.id);
    }
  }

  private checkStop(
    rule: StopRule,
    loc: RequestLoc,
    speakers: ReadonlySet<string>,
    team: TeamDefinition | null,
  ): void {
    const { findings, patterns, agents } = this;
    const targets = new Set(team ? handoffTargets(team) : []);
    checkStop(rule, loc, { findings, patterns, agents, speakers, targets });
  }
}

/** Members of the swarms and moderated teams in a team. */
function handoffTargets(team: TeamDefinition): string[] {
  const parts = partsOf(team);
  const own = team.type === 'swarm' || team.type === 'moderator' ? parts : [];
  return [
    ...own.flatMap(({ id }) => (id === undefined ? [] : [id])),
    ...parts.flatMap(({ part }) => (isTeam(part) ? handoffTargets(part) : [])),
  ];
}
