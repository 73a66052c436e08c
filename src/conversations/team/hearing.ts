import { type EngineDefinition } from './definition/team-definition';
import { membersOf } from './members';
import { type Place, spokenTurns, type TurnRecord } from './turn-record';

/**
 * What is heard at a place: everything that was said, but of a nested team with `share: last` only the last message of each of
 * its visits (so far, of one that goes on beside the place), unless the place is in that team itself; and while a panel answers,
 * nothing of its other answers.
 */
export function heardBy(
  team: EngineDefinition,
  records: readonly TurnRecord[],
  place: Place,
): readonly TurnRecord[] {
  const said = spokenTurns(records).filter((record) => !isOtherAnswer(team, record.place, place));
  const lastOf = new Map<string, TurnRecord>();
  const closed = said.map((record) => closedVisit(team, record.place, place));
  for (const [index, record] of said.entries()) {
    const visit = closed[index];
    if (typeof visit === 'string') {
      lastOf.set(visit, record);
    }
  }
  return said.filter((record, index) => {
    const visit = closed[index];
    return typeof visit !== 'string' || lastOf.get(visit) === record;
  });
}

/** Key of the outermost visit around a turn that keeps its inner messages to itself, as seen from a place; null when there is none. */
function closedVisit(team: EngineDefinition, of: Place, from: Place): string | null {
  let current = team;
  let isAround = true;
  for (const [depth, { member, move }] of of.entries()) {
    const found = membersOf(current).find(({ id }) => id === member);
    if (!found || found.runs.type === 'agent') {
      return null;
    }
    isAround = isAround && from[depth]?.member === member;
    current = found.runs;
    if (!isAround && current.share === 'last') {
      return JSON.stringify([...of.slice(0, depth), { member, move }]);
    }
  }
  return null;
}

/**
 * Whether both places are in answers of the same panel, but not in the same one. A team among the members may need several
 * steps for its answer, and would hear those who are done.
 */
function isOtherAnswer(team: EngineDefinition, of: Place, from: Place): boolean {
  let current = team;
  for (const [depth, { member, move }] of of.entries()) {
    const own = from[depth];
    if (own?.member !== member || own.move !== move) {
      const answers = current.type === 'panel' ? current.participants.length : 0;
      return own !== undefined && own.move <= answers && move <= answers;
    }
    const found = membersOf(current).find(({ id }) => id === member);
    if (!found || found.runs.type === 'agent') {
      return false;
    }
    current = found.runs;
  }
  return false;
}
