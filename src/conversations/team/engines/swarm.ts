import { type EnginePart, type SwarmTeam } from '../definition/team-definition';
import { type Engine, type EngineStep, type Move } from '../engine';
import { membersOf, participantIds } from '../members';
import { type ChoiceMethod, knownChoice } from '../speaker-choice';
import { movesInARow, nextInOrder } from './turn-order';

/** The target of a handoff that ends the team: the person who started the run. */
const USER = 'user';

/**
 * Whoever speaks says who comes next (decision 18); the first participant begins. Only the last turn of the last move counts:
 * a handoff is used up by the move that follows. A target that the mover may not hand over to counts as none.
 */
export const swarm: Engine<SwarmTeam<EnginePart>> = {
  next(team, moves) {
    const [first] = participantIds(team);
    if (first === undefined) {
      throw new Error('A team needs at least one participant.');
    }
    const last = moves.at(-1);
    if (!last) {
      return moveOf(team, first, 'first', [first]);
    }
    const targets = handoffTargets(team, last.member);
    const target = last.last.handoff;
    if (target === null || !targets.includes(target)) {
      const member = afterReply(team, last.member, moves);
      return moveOf(team, member, 'after_reply', [member]);
    }
    if (target === USER) {
      return { kind: 'end', reason: { type: 'handoff', detail: USER } };
    }
    const candidates = targets.filter((name) => name !== USER);
    return moveOf(team, target, 'handoff', candidates);
  },
};

/**
 * To whom a member may hand over: to everybody else unless `handoffs` names fewer, to `user` only when it is named there. For a
 * nested team the last agent of its visit hands over; it knows nothing of `user` out here, so only members count.
 */
function handoffTargets(team: SwarmTeam<EnginePart>, member: string): string[] {
  const others = participantIds(team).filter((name) => name !== member);
  const named = team.handoffs && Object.hasOwn(team.handoffs, member) ? team.handoffs[member] : undefined;
  if (!named) {
    return others;
  }
  const mayEnd = named.includes(USER) && isAgent(team, member);
  return [...others.filter((name) => named.includes(name)), ...(mayEnd ? [USER] : [])];
}

function isAgent(team: SwarmTeam<EnginePart>, member: string): boolean {
  return membersOf(team).find(({ id }) => id === member)?.runs.type === 'agent';
}

/**
 * Who comes after a move that handed nothing on: the same again with `stay`, the first with `first`. Nobody gets more than
 * `max_stay` moves in a row this way; then the next in order has its turn. With `first` the order is that of all others, from
 * the last of them who moved, so that a first participant that never hands over still hears everybody.
 */
function afterReply(team: SwarmTeam<EnginePart>, last: string, moves: readonly Move[]): string {
  const members = participantIds(team);
  const first = members[0] ?? last;
  const wanted = team.after_reply === 'first' ? first : last;
  if (wanted !== last || movesInARow(moves) < team.max_stay) {
    return wanted;
  }
  const others = members.filter((name) => name !== last);
  const order = team.after_reply === 'first' ? others : members;
  return nextInOrder(order, moves, others) ?? last;
}

function moveOf(
  team: SwarmTeam<EnginePart>,
  member: string,
  method: ChoiceMethod,
  candidates: readonly string[],
): EngineStep {
  const targets = isAgent(team, member) ? handoffTargets(team, member) : [];
  return {
    kind: 'moves',
    moves: [
      {
        member,
        choice: knownChoice(method, candidates),
        ...(targets.length === 0
          ? {}
          : { task: { kind: 'reply', handoffs: { targets, by: team.handoff_by } } as const }),
      },
    ],
  };
}
