import { checkGraph, type GraphCheck } from './check-graph';
import { type Findings, quoted, type RequestLoc } from './finding';
import { type PanelTeam, type Participant, type SelectorTeam, type TeamDefinition } from './team-definition';
import { agentOf, agentsIn, isTeam } from './team-parts';

/** What holds for one type of team alone. */
export function checkEngine(team: TeamDefinition, loc: RequestLoc, check: GraphCheck): void {
  const { findings } = check;
  switch (team.type) {
    case 'graph':
      checkGraph(team, loc, check);
      break;
    case 'selector':
      checkNames(findings, team.transitions, team, [...loc, 'transitions']);
      checkSelector(findings, team, loc);
      break;
    case 'swarm':
      checkNames(findings, team.handoffs, team, [...loc, 'handoffs'], ['user']);
      break;
    case 'random':
      checkNames(findings, team.weights, team, [...loc, 'weights']);
      if (team.participants.every((part) => team.weights?.[idOf(part)] === 0)) {
        const message = 'count as equal, since all of them are 0';
        findings.warning([...loc, 'weights'], 'no_effect', message, team.weights);
      }
      break;
    case 'panel':
      checkNames(findings, team.weights, team, [...loc, 'weights']);
      checkPanel(findings, team, loc);
      break;
    default:
      break;
  }
}

/** Names by which a rule knows the participants, as keys and in lists. */
function checkNames(
  findings: Findings,
  named: Readonly<Record<string, number | readonly string[]>> | undefined,
  { participants }: { readonly participants: readonly Participant[] },
  loc: RequestLoc,
  alsoKnown: readonly string[] = [],
): void {
  const known = new Set(participants.map(idOf));
  const targets = new Set([...known, ...alsoKnown]);
  const unknown = (name: string, at: RequestLoc, among: ReadonlySet<string>) =>
    findings.unknownName(at, {
      type: 'unknown_member',
      what: 'participant of this team',
      name,
      known: among,
    });
  for (const [name, value] of Object.entries(named ?? {})) {
    if (!known.has(name)) {
      unknown(name, [...loc, name], known);
    }
    if (typeof value === 'object') {
      value.forEach((target, index) => {
        if (!targets.has(target)) {
          unknown(target, [...loc, name, index], targets);
        }
      });
    }
  }
}

function checkSelector(findings: Findings, team: SelectorTeam<Participant>, loc: RequestLoc): void {
  if (!team.allow_repeated_speaker) {
    for (const [name, next] of Object.entries(team.transitions ?? {})) {
      if (team.participants.length > 1 && next.every((target) => target === name)) {
        const message = `nobody may follow ${quoted(name)}, since nobody speaks twice in a row: name others, or allow_repeated_speaker`;
        findings.error([...loc, 'transitions', name], 'no_candidate', message, next);
      }
    }
    if (team.max_consecutive_turns !== undefined) {
      const message = 'has no effect without allow_repeated_speaker';
      findings.warning([...loc, 'max_consecutive_turns'], 'no_effect', message);
    }
  }
}

function checkPanel(findings: Findings, team: PanelTeam<Participant>, loc: RequestLoc): void {
  if (team.ties === 'chair' && team.chair === undefined) {
    findings.error([...loc, 'ties'], 'chair_missing', "`ties: 'chair'` needs a `chair`", team.ties);
  }
  const options = team.options ?? team.participants.map(idOf);
  if (new Set(team.options).size < (team.options?.length ?? 0)) {
    findings.error([...loc, 'options'], 'duplicate_option', 'must differ from each other', team.options);
  }
  if (team.vote === 'ranked' && options.length < 2) {
    const message = '`ranked` needs at least two options, or two participants whose answers are ranked';
    findings.error([...loc, 'vote'], 'too_few_options', message, team.vote);
  }
  if (team.vote !== 'none' && team.participants.every(isTeam)) {
    const message = 'nobody can vote: only agents do, and all participants are teams';
    findings.warning([...loc, 'vote'], 'no_voters', message, team.vote);
  }
  if (team.vote === 'weighted' && team.weights === undefined) {
    findings.warning(
      [...loc, 'vote'],
      'no_effect',
      'counts as `majority`: no `weights` are given',
      team.vote,
    );
  } else if (team.vote !== 'weighted' && team.weights !== undefined) {
    findings.warning([...loc, 'weights'], 'no_effect', "count only with `vote: 'weighted'`", team.weights);
  }
  checkSideBySide(findings, team, loc);
}

/** An agent that speaks in two places at once hears in neither what it says in the other. */
function checkSideBySide(
  findings: Findings,
  { participants }: PanelTeam<Participant>,
  loc: RequestLoc,
): void {
  const seen = new Set<string>();
  participants.forEach((part, index) => {
    const names = isTeam(part) ? agentsIn(part) : new Set([agentOf(part)]);
    const twice = [...names].find((name) => seen.has(name));
    if (twice !== undefined) {
      const message = `${quoted(twice)} speaks here and elsewhere at the same time`;
      findings.warning([...loc, 'participants', index], 'side_by_side', message, twice);
    }
    names.forEach((name) => seen.add(name));
  });
}

function idOf(part: Participant): string {
  return isTeam(part) ? (part.name ?? '') : agentOf(part);
}
