import { ValidationFailedError } from '../../../common/errors/domain-error';
import { wrongValue } from '../../../common/validation/field-problems';
import { componentOf, type Fields, textOf } from './component';
import { type Mapped, Mapping, type NotMapped } from './mapping';
import { isTeam, teamOf } from './teams';

/** A team from a file of AutoGen, as a client could have sent it, and what became of the parts of the file. */
export interface AutoGenTeam {
  readonly request: Record<string, unknown>;
  readonly mapped: readonly Mapped[];
  readonly notMapped: readonly NotMapped[];
}

const MAX_NAME = 100;

/**
 * Writes a team down that AutoGen AgentChat has saved with `dump_component()`. Nothing is left out without a word, and where
 * the same means something else here, that is said.
 * @throws ValidationFailedError when it is no team, or nobody is left in it
 */
export function autoGenTeam(file: Fields): AutoGenTeam {
  const root = componentOf(file, '');
  if (!isTeam(root)) {
    const reason =
      'must be a team of AutoGen AgentChat: RoundRobinGroupChat, SelectorGroupChat, Swarm, GraphFlow or MagenticOneGroupChat';
    throw new ValidationFailedError([wrongValue(['body', 'provider'], reason, file['provider'])]);
  }
  const mapping = new Mapping();
  const team = teamOf(root, mapping);
  if (team === null) {
    const reason = 'must have a participant that can be taken over';
    throw new ValidationFailedError([
      wrongValue(['body', 'config', 'participants'], reason, root.config['participants']),
    ]);
  }
  const description = textOf(root.config['description']);
  return {
    request: {
      name: [...(root.label ?? textOf(root.config['name']) ?? root.name)].slice(0, MAX_NAME).join(''),
      ...(description === null ? {} : { description }),
      agents: mapping.agents,
      team,
    },
    mapped: mapping.mapped,
    notMapped: mapping.notMapped,
  };
}
