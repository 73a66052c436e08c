import { type EnginePart, type ModeratorTemplate, type SwarmTeam } from '../definition/team-definition';
import { participantIds } from '../members';
import { agentsOf, anyOf, commonOf, listed, told } from './parts';

function lead(names: readonly string[], close: string): string {
  return `You lead this conversation. Say in one or two sentences what is needed next, and hand over to the one who can do it: ${listed(names)}. When the task is done, sum up the result and write ${close}.`;
}

/** A moderator that never closes would lead for ever: rounds after which its conversation ends unless `max_turns` says otherwise. */
const ROUNDS = 4;

/**
 * A moderator as the first of a swarm, who alone hands over: everybody else hands nothing on, and so the word goes back to the
 * moderator. When the moderator hands nothing on, the others have their turns in order. It ends when the moderator says so.
 */
export function moderator(
  template: ModeratorTemplate,
  leader: EnginePart,
  others: readonly EnginePart[],
): SwarmTeam<EnginePart> {
  const [leaderId = '', ...ids] = participantIds({ type: 'round_robin', participants: [leader, ...others] });
  return {
    type: 'swarm',
    max_turns: ROUNDS * (ids.length + 1),
    ...commonOf(template),
    participants: [told(leader, lead(ids, template.close)), ...others],
    handoffs: Object.fromEntries([[leaderId, ids], ...ids.map((id) => [id, []])]),
    after_reply: 'first',
    max_stay: 1,
    handoff_by: 'auto',
    stop: anyOf(template.stop, { type: 'text', text: template.close, from: agentsOf(leader) }),
  };
}
