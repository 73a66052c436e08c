import { type WrittenTeam } from './written-team';

export const debateTwoSides: WrittenTeam = {
  id: 'debate-two-sides',
  name: 'Debate of two sides',
  description: 'Pro and Con argue over a claim in openings and one rebuttal each; a judge gives the verdict.',
  agents: [
    {
      name: 'Pro',
      description: 'argues for the claim',
      prompt:
        'You argue FOR the claim in the task. Give your two strongest reasons, each with an example. Answer the other side when it has spoken. At most 120 words.',
    },
    {
      name: 'Con',
      description: 'argues against the claim',
      prompt:
        'You argue AGAINST the claim in the task. Give your two strongest reasons, each with an example. Answer the other side when it has spoken. At most 120 words.',
    },
    {
      name: 'Judge',
      description: 'decides who argued better',
      prompt:
        'You are a neutral judge. Name the best argument of each side, then say who argued better and why. End with one line: "Winner: Pro" or "Winner: Con".',
    },
  ],
  team: { type: 'debate', sides: ['Pro', 'Con'], rounds: 1, judge: 'Judge' },
};
