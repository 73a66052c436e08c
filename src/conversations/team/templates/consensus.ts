import { type ConsensusTemplate, type EnginePart, type RoundRobinTeam } from '../definition/team-definition';
import { agentsOf, anyOf, commonOf, told, turnsOfRound } from './parts';

const SAME_ANSWER =
  'Answer the task with your answer only, in as few words as you can. If you agree with an answer of another, give it in the same words.';

function agree(text: string): string {
  return `Say in a few sentences what your answer to the task is and what you think of the answers of the others. Only if you agree with what they said last, write ${text}.`;
}

/**
 * Rounds in which everybody speaks in turn. After each round it is looked whether enough of them agree; after `max_rounds`
 * rounds it ends anyhow. A round of teams takes as many turns as `turnsOfRound` tells.
 */
export function consensus(
  template: ConsensusTemplate,
  parts: readonly EnginePart[],
): RoundRobinTeam<EnginePart> {
  const { by, text, quorum } = template;
  const round = turnsOfRound(parts);
  return {
    type: 'round_robin',
    ...commonOf(template),
    participants: parts.map((part) => told(part, by === 'text' ? agree(text) : SAME_ANSWER)),
    stop: anyOf(
      template.stop,
      {
        type: 'agreement',
        by,
        ...(by === 'text' ? { text } : {}),
        agents: [...new Set(parts.flatMap(agentsOf))],
        share: quorum,
        every: round,
      },
      { type: 'max_turns', turns: template.max_rounds * round },
    ),
  };
}
