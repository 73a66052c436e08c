import { type EngineDefinition } from './definition/team-definition';
import { type EngineEnd, type StopMet } from './end-reason';
import { type TurnTask } from '../../agents/turn-task';
import { type Decision, type Move, type PlannedMove, type Question } from './engine';
import { engineOf } from './engines/engines';
import { heardBy } from './hearing';
import { type Member, type MemberAgent, membersOf } from './members';
import { type SpeakerChoice } from './speaker-choice';
import { type Clock } from './stop/met';
import { stopMet } from './stop/stop-met';
import { turnsLeft, withinTurnsLeft } from './stop/turn-limits';
import { type Place, placeKey, type TurnRecord } from './turn-record';

/** A turn that can be taken now. */
export interface PlannedTurn {
  readonly place: Place;
  /** Name of the agent; null = the nested team at this place is passed over, since it has nothing new. */
  readonly speaker: string | null;
  readonly choice: SpeakerChoice;
  readonly task: TurnTask;
  /** How the agent stands in its team. */
  readonly as: MemberAgent | null;
  /** Keys of the questions that led to it. */
  readonly decidedBy: readonly string[];
}

/** A question that has to be answered before it is known which turns come next. */
export interface OpenQuestion {
  /** Under which its answer is handed back. */
  readonly key: string;
  readonly question: Question;
}

/** What comes next in a team: its end, a fault, or turns and questions. Turns are complete when there is no question. */
export type TeamStep =
  | { readonly kind: 'end'; readonly reason: EngineEnd | StopMet }
  | { readonly kind: 'fail'; readonly code: 'NO_OPEN_EDGE'; readonly message: string }
  | {
      readonly kind: 'go';
      readonly turns: readonly PlannedTurn[];
      readonly questions: readonly OpenQuestion[];
    };

/** What is the same for all teams of a run. */
export interface RunView {
  readonly team: EngineDefinition;
  readonly task: string;
  readonly roles: ReadonlyMap<string, string>;
  readonly records: readonly TurnRecord[];
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Active milliseconds of the run, which count beside those of the turns. */
  readonly nowMs: number;
  /** Seed of a random choice, made before the coming turn unless another is named. */
  readonly seed: (purpose: string, turn?: number) => number;
}

/** One visit of a team. */
interface Visit {
  readonly team: EngineDefinition;
  /** Where the team stands; empty for the outermost. */
  readonly place: Place;
  /** Its turns in this visit. */
  readonly records: readonly TurnRecord[];
  /** How the teams around it were chosen, when this visit begins with the coming turn. */
  readonly via: readonly SpeakerChoice[];
  readonly decidedBy: readonly string[];
}

/** What comes next in a run. A pure fold: the same turns and answers give the same step in a live run, a resumed one and a replay. */
export function teamStep(run: RunView): TeamStep {
  return visitStep(run, { team: run.team, place: [], records: run.records, via: [], decidedBy: [] });
}

function visitStep(run: RunView, visit: Visit): TeamStep {
  const { team, records } = visit;
  const met = teamStopMet(team, records, clockOf(run, visit));
  if (met) {
    return { kind: 'end', reason: met };
  }
  const members = new Map(membersOf(team).map((member) => [member.id, member]));
  const moves: Move[] = [];
  const open: TeamStep[] = [];
  for (const move of movesOf(visit)) {
    const step = openStep(run, visit, members.get(move.member), move);
    if (step) {
      open.push(step);
    } else {
      moves.push(move);
    }
  }
  const step = open.length > 0 ? together(open) : engineStep(run, visit, members, moves);
  return step.kind === 'go'
    ? { ...step, turns: withinTurnsLeft(step.turns, teamTurnsLeft(team, records)) }
    : step;
}

/** The turns of the visit, put together to moves in the order of their numbers. */
function movesOf({ place, records }: Visit): Move[] {
  const byNumber = new Map<number, TurnRecord[]>();
  for (const record of records) {
    const number = record.place[place.length]?.move ?? 0;
    byNumber.set(number, [...(byNumber.get(number) ?? []), record]);
  }
  return [...byNumber]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([number, own]): Move[] => {
      const last = own.at(-1);
      const member = own[0]?.place[place.length]?.member;
      const text = own.findLast(({ state }) => state === 'completed')?.text ?? '';
      return last && member !== undefined ? [{ number, member, records: own, last, text }] : [];
    });
}

/** How a nested team goes on within a move; null when the move has ended. */
function openStep(run: RunView, visit: Visit, member: Member | undefined, move: Move): TeamStep | null {
  if (!member || member.runs.type === 'agent') {
    return null;
  }
  const place = [...visit.place, { member: move.member, move: move.number }];
  // The team itself was passed over, not one in it.
  if (move.last.kind === 'skip' && move.last.place.length === place.length) {
    return null;
  }
  const step = visitStep(run, { team: member.runs, place, records: move.records, via: [], decidedBy: [] });
  return step.kind === 'end' ? null : step;
}

function engineStep(
  run: RunView,
  visit: Visit,
  members: ReadonlyMap<string, Member>,
  moves: readonly Move[],
): TeamStep {
  const { team, place } = visit;
  const key = `${placeKey(place)}#${moves.length + 1}`;
  const where = place.map(({ member, move }) => ` ${member} ${move}`).join('');
  const decision = run.decisions.get(key) ?? null;
  const step = engineOf(team).next(team, moves, {
    task: run.task,
    roles: run.roles,
    heard: heardBy(run.team, run.records, place),
    decision,
    seed: (purpose, turn) => run.seed(purpose + where, turn),
  });
  switch (step.kind) {
    case 'end':
    case 'fail':
      return step;
    case 'ask':
      return { kind: 'go', turns: [], questions: [{ key, question: step.question }] };
    case 'moves':
      return together(
        step.moves.map((planned, index) =>
          moveStep(run, visit, members.get(planned.member), planned, {
            number: moves.length + 1 + index,
            decidedBy: decision ? [...visit.decidedBy, key] : visit.decidedBy,
          }),
        ),
      );
  }
}

/** The first turns of a move. */
function moveStep(
  run: RunView,
  visit: Visit,
  member: Member | undefined,
  { choice, task }: PlannedMove,
  { number, decidedBy }: { readonly number: number; readonly decidedBy: readonly string[] },
): TeamStep {
  if (!member) {
    throw new Error('A team gave a move to somebody who is no member.');
  }
  const place = [...visit.place, { member: member.id, move: number }];
  const via = [...visit.via, choice];
  const plan = (speaker: string | null, as: MemberAgent | null): TeamStep => ({
    kind: 'go',
    questions: [],
    turns: [
      {
        place,
        speaker,
        choice: visit.via.length === 0 ? choice : { ...choice, via: visit.via },
        task: task ?? { kind: 'reply' },
        as,
        decidedBy,
      },
    ],
  });
  if (member.runs.type === 'agent') {
    return plan(member.runs.name, member.runs);
  }
  if (!hasNews(run.records, place)) {
    return plan(null, null);
  }
  const step = visitStep(run, { team: member.runs, place, records: [], via, decidedBy });
  // A team that ends before its first turn has nothing to say.
  return step.kind === 'end' ? plan(null, null) : step;
}

/** Whether anybody else has said something since the last visit of the member at this place (decision 18). */
function hasNews(records: readonly TurnRecord[], place: Place): boolean {
  const depth = place.length - 1;
  const isOwn = (record: TurnRecord) =>
    place.every(
      ({ member, move }, index) =>
        record.place[index]?.member === member && (index === depth || record.place[index]?.move === move),
    );
  const last = records.findLastIndex(isOwn);
  return last === -1 || records.slice(last + 1).some(({ state }) => state === 'completed');
}

/** Steps of moves that run side by side. */
function together(steps: readonly TeamStep[]): TeamStep {
  const failed = steps.find(({ kind }) => kind === 'fail');
  if (failed) {
    return failed;
  }
  const going = steps.filter((step) => step.kind === 'go');
  return {
    kind: 'go',
    turns: going.flatMap(({ turns }) => turns),
    questions: going.flatMap(({ questions }) => questions),
  };
}

/**
 * The time of a visit begins at the end of the last turn before its first one; of turns taken side by side those do not count that
 * ended later than that one. What happens within a turn only counts at the outermost level.
 */
function clockOf(run: RunView, { place, records }: Visit): Clock {
  const [first] = records;
  if (place.length === 0) {
    return { startMs: 0, nowMs: run.nowMs };
  }
  if (!first) {
    return { startMs: Infinity };
  }
  const before = run.records.slice(0, run.records.indexOf(first));
  return { startMs: before.findLast(({ activeMs }) => activeMs <= first.activeMs)?.activeMs ?? 0 };
}

/** A team without any rule of its own ends by what it is; one that cannot is given one round where it stands in another. */
function teamStopMet(team: EngineDefinition, records: readonly TurnRecord[], clock: Clock): StopMet | null {
  const met = team.stop && stopMet(team.stop, records, '/team/stop', clock);
  const limit =
    team.max_turns === undefined
      ? null
      : stopMet({ type: 'max_turns', turns: team.max_turns }, records, '/team/max_turns');
  if (met && limit) {
    return limit.turn < met.turn ? limit : met;
  }
  return met ?? limit;
}

function teamTurnsLeft(team: EngineDefinition, records: readonly TurnRecord[]): number {
  return Math.min(
    team.max_turns === undefined
      ? Infinity
      : turnsLeft({ type: 'max_turns', turns: team.max_turns }, records),
    team.stop ? turnsLeft(team.stop, records) : Infinity,
  );
}
