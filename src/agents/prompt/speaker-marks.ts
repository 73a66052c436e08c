import { otherNames, type SpeakerInTeam } from './agent';
import { speakerNumber } from './attribution';
import { nameMarkers } from './marker-tree';

/** What stands before a message to say whose it is; weak models write it themselves. */
export interface SpeakerMarks {
  /** What means nothing at the beginning of an answer: the own name, and the numbers of others where they are told apart by numbers. */
  readonly own: readonly string[];
  /** What begins a line that somebody else is made to say, with that one's name. */
  readonly others: ReadonlyMap<string, string>;
}

export function speakerMarks(speaker: SpeakerInTeam): SpeakerMarks {
  const others = otherNames(speaker);
  const hasNumbers = speaker.agent.attribution === 'system';
  const numbers = hasNumbers ? others.map((_name, index) => speakerNumber(index)) : [];
  return {
    own: [...nameMarkers(speaker.agent.name), ...numbers],
    others: new Map(
      others.flatMap((name, index) =>
        [...nameMarkers(name), ...numbers.slice(index, index + 1)].map((marker) => [marker, name] as const),
      ),
    ),
  };
}
