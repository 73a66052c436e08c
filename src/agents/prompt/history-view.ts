import { type HistoryView } from './agent';
import { type SpokenTurn } from './prompt-builder';

/** What an agent hears of what was said: all of its own, and of the others what its view lets through. `last` counts the others'. */
export function hearThrough(
  view: HistoryView | undefined,
  history: readonly SpokenTurn[],
  ownName: string,
): readonly SpokenTurn[] {
  if (view === undefined || (view.last === undefined && view.from === undefined)) {
    return history;
  }
  const { from, last = Infinity } = view;
  const isOther = ({ speaker }: SpokenTurn) =>
    speaker !== ownName && (from === undefined || from.includes(speaker));
  let left = Math.max(history.filter(isOther).length - last, 0);
  return history.filter((turn) => {
    if (turn.speaker === ownName) {
      return true;
    }
    if (!isOther(turn)) {
      return false;
    }
    left -= 1;
    return left < 0;
  });
}
