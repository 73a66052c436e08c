import { HANDOFF_ATTEMPTS, type TurnTask } from '../../../agents/turn-task';
import {
  type EngineDefinition,
  type EnginePart,
  type GraphTeam,
  type MagenticTeam,
  type PanelTeam,
  type SelectorTeam,
  type SwarmTeam,
  type TeamRules,
} from '../definition/team-definition';
import { LEDGER_ATTEMPTS } from '../engines/magentic-ledger';
import { membersOf, type Member, participantIds } from '../members';
import { mostRuns, orderOf } from './graph-runs';
import { capOf, turnCap } from './turn-cap';

/** A turn of an agent, or a question to a model, that is foreseen. */
export type PlannedCall =
  | { readonly kind: 'turn'; readonly agent: string; readonly task: TurnTask['kind'] }
  | {
      readonly kind: 'question';
      readonly purpose: 'selector' | 'ledger' | 'handoff';
      /** Null = that of `asker`, or else of the agent that spoke last. */
      readonly model: string | null;
      readonly asker: string | null;
      readonly maxAttempts: number;
    };

type Calls = Generator<PlannedCall, void, undefined>;

/**
 * The longest course that a run can take, call by call: no rule about what is said holds, every edge is taken, every vote is
 * tied. Where a model or the lot decides who comes next, everybody comes in turn, which needs the most loads of models.
 */
export function* longestCourse({ team, stop, maxTurns }: TeamRules): Calls {
  let turns = 0;
  for (const call of within(visit(team), turnCap(stop))) {
    yield call;
    turns += call.kind === 'turn' ? 1 : 0;
    if (turns >= maxTurns) {
      return;
    }
  }
}

function visit(team: EngineDefinition): Calls {
  return within(courseOf(team), capOf(team));
}

/** Ends with the turn that a limit of turns is reached with; votes and a manager's own turns do not count. */
function* within(calls: Calls, cap: number): Calls {
  let counted = 0;
  for (const call of calls) {
    yield call;
    counted += call.kind === 'turn' && call.task === 'reply' ? 1 : 0;
    if (counted >= cap) {
      return;
    }
  }
}

function courseOf(team: EngineDefinition): Calls {
  switch (team.type) {
    case 'round_robin':
    case 'random':
      return inTurn(team);
    case 'selector':
      return chosen(team);
    case 'swarm':
      return handedOver(team);
    case 'graph':
      return alongEdges(team);
    case 'magentic':
      return managed(team);
    case 'panel':
      return voted(team);
  }
}

function* inTurn(team: EngineDefinition): Calls {
  for (;;) {
    for (const member of membersOf(team)) {
      yield* moveOf(member);
    }
  }
}

function* chosen(team: SelectorTeam<EnginePart>): Calls {
  let previous: string | null = null;
  for (;;) {
    for (const member of membersOf(team)) {
      if (candidateCount(team, previous) > 1) {
        yield {
          kind: 'question',
          purpose: 'selector',
          model: team.selector_model ?? null,
          asker: null,
          maxAttempts: team.max_attempts,
        };
      }
      yield* moveOf(member);
      previous = member.id;
    }
  }
}

function candidateCount(team: SelectorTeam<EnginePart>, previous: string | null): number {
  const ids = participantIds(team);
  const allowed = previous === null ? ids : (team.transitions?.[previous] ?? ids);
  return team.allow_repeated_speaker ? allowed.length : allowed.filter((id) => id !== previous).length;
}

function* handedOver(team: SwarmTeam<EnginePart>): Calls {
  const members = membersOf(team);
  for (;;) {
    for (const member of members) {
      yield* moveOf(member);
      const targets = team.handoffs?.[member.id]?.length ?? members.length - 1;
      if (member.runs.type === 'agent' && targets > 0 && team.handoff_by !== 'tool') {
        const asker = member.runs.name;
        yield { kind: 'question', purpose: 'handoff', model: null, asker, maxAttempts: HANDOFF_ATTEMPTS };
      }
    }
  }
}

/** The members of a graph in their order, and how often each runs at most; with a loop once in each round. */
interface GraphCourse {
  readonly order: readonly Member[];
  readonly runs: ReadonlyMap<string, number>;
  readonly rounds: number;
}

/** A graph in another team may be visited a thousand times. */
const graphCourses = new WeakMap<GraphTeam<EnginePart>, GraphCourse>();

function graphCourse(team: GraphTeam<EnginePart>): GraphCourse {
  const known = graphCourses.get(team);
  if (known) {
    return known;
  }
  const { nodes, hasLoop } = orderOf(team, team.edges);
  const members = new Map(membersOf(team).map((member) => [member.id, member]));
  const course = {
    order: nodes.flatMap((id) => members.get(id) ?? []),
    runs: hasLoop ? new Map<string, number>() : mostRuns(team, nodes),
    rounds: hasLoop ? Infinity : 1,
  };
  graphCourses.set(team, course);
  return course;
}

function* alongEdges(team: GraphTeam<EnginePart>): Calls {
  const { order, runs, rounds } = graphCourse(team);
  for (let round = 0; round < rounds; round += 1) {
    for (const member of order) {
      const times = runs.get(member.id) ?? 1;
      for (let run = 0; run < times; run += 1) {
        yield* moveOf(member);
      }
    }
  }
}

/** As many new plans as it may make, each after as many moves without progress as it bears. */
function* managed(team: MagenticTeam): Calls {
  const plan: PlannedCall = { kind: 'turn', agent: team.manager, task: 'plan' };
  const participants = membersOf(team).filter(({ id }) => id !== team.manager);
  yield plan;
  let replans = 0;
  for (let moves = 0; ;) {
    for (const member of participants) {
      const asker = team.manager;
      yield { kind: 'question', purpose: 'ledger', model: null, asker, maxAttempts: LEDGER_ATTEMPTS };
      if (moves > 0 && moves % team.max_stalls === 0 && replans < team.max_replans) {
        replans += 1;
        yield plan;
        yield { kind: 'question', purpose: 'ledger', model: null, asker, maxAttempts: LEDGER_ATTEMPTS };
      }
      yield* moveOf(member);
      moves += 1;
    }
  }
}

function* voted(team: PanelTeam<EnginePart>): Calls {
  const ids = new Set(participantIds(team));
  const members = membersOf(team);
  const participants = members.filter(({ id }) => ids.has(id));
  const chair = members.find(({ id }) => !ids.has(id));
  for (const member of participants) {
    yield* moveOf(member);
  }
  if (team.vote !== 'none') {
    const voters = participants.flatMap(({ runs }) => (runs.type === 'agent' ? [runs.name] : []));
    const again = team.ties === 'revote' ? voters : [];
    const decides = team.ties === 'chair' && chair?.runs.type === 'agent' ? [chair.runs.name] : [];
    for (const agent of [...voters, ...again, ...decides]) {
      yield { kind: 'turn', agent, task: 'ballot' };
    }
  }
  if (chair) {
    yield* moveOf(chair);
  }
}

function* moveOf({ runs }: Member): Calls {
  if (runs.type === 'agent') {
    yield { kind: 'turn', agent: runs.name, task: 'reply' };
  } else {
    yield* visit(runs);
  }
}
