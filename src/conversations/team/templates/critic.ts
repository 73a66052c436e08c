import { type CriticTemplate, type EnginePart, type RoundRobinTeam } from '../definition/team-definition';
import { agentsOf, anyOf, commonOf, told, turnsOfRound } from './parts';

const WRITE =
  'Write what the task asks for. If it was criticised, write the whole of it again and correct every point. Answer with the text only.';

function criticise(accept: string): string {
  return `Check the last text against the task. If something has to be changed, list it in short points. Only if nothing has to be changed, answer with ${accept} and nothing else.`;
}

/**
 * Author and critic in turn, until the critic accepts, or until `max_rounds` rounds have been made; a round of teams takes as
 * many turns as `turnsOfRound` tells.
 */
export function critic(
  template: CriticTemplate,
  author: EnginePart,
  judge: EnginePart,
): RoundRobinTeam<EnginePart> {
  const participants = [told(author, WRITE), told(judge, criticise(template.accept))];
  return {
    type: 'round_robin',
    ...commonOf(template),
    participants,
    stop: anyOf(
      template.stop,
      { type: 'text', text: template.accept, from: agentsOf(judge) },
      { type: 'max_turns', turns: template.max_rounds * turnsOfRound(participants) },
    ),
  };
}
