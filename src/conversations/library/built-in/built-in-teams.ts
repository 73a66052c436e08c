import { type LibraryItem } from '../../../agents/library/library-item';
import { type KeptTeam } from '../save-team.dto';
import { stopRuleSchema, teamSchema } from '../../team/definition/team-schema';
import { brainstormAndVote } from './brainstorm-and-vote';
import { codeAndReview } from './code-and-review';
import { consensusEstimate } from './consensus-estimate';
import { debateTwoSides } from './debate-two-sides';
import { helpDesk } from './help-desk';
import { moderatedDiscussion } from './moderated-discussion';
import { plannedProblemSolving } from './planned-problem-solving';
import { redTeamBlueTeam } from './red-team-blue-team';
import { researchPipeline } from './research-pipeline';
import { socraticTutor } from './socratic-tutor';
import { writerAndCritic } from './writer-and-critic';
import { type WrittenTeam } from './written-team';

/** When the built-in teams were written: they are the oldest in every list. */
const WRITTEN_AT = '2025-01-01T00:00:00.000Z';

/**
 * Teams that come with the product. They name no models: who starts one says which. The prompts are short and ask for one
 * thing each, since models with a few billion parameters lose the thread of longer ones.
 */
const TEAMS: readonly WrittenTeam[] = [
  debateTwoSides,
  writerAndCritic,
  moderatedDiscussion,
  consensusEstimate,
  researchPipeline,
  brainstormAndVote,
  socraticTutor,
  codeAndReview,
  plannedProblemSolving,
  helpDesk,
  redTeamBlueTeam,
];

/** The built-in teams as the library shows them. */
export const BUILT_IN_TEAMS: readonly LibraryItem<KeptTeam>[] = TEAMS.map(
  ({ id, name, description, agents, team, stop }) => ({
    id,
    name,
    description,
    version: 1,
    newest_version: 1,
    built_in: true,
    created_at: WRITTEN_AT,
    updated_at: WRITTEN_AT,
    definition: {
      name,
      description,
      agents: agents.map((agent) => ({ ...agent })),
      team: teamSchema.parse(team),
      ...(stop === undefined ? {} : { stop: stopRuleSchema.parse(stop) }),
    },
  }),
);
