import { type EnginePart, type RoundRobinTeam } from '../definition/team-definition';
import { type Engine } from '../engine';
import { participantIds } from '../members';
import { knownChoice } from '../speaker-choice';
import { nextInOrder } from './turn-order';

/** Everybody in turn, in the order of the list. */
export const roundRobin: Engine<RoundRobinTeam<EnginePart>> = {
  next(team, moves) {
    const member = nextInOrder(participantIds(team), moves);
    if (member === null) {
      throw new Error('A team needs at least one participant.');
    }
    return { kind: 'moves', moves: [{ member, choice: knownChoice('round_robin', [member]) }] };
  },
};
