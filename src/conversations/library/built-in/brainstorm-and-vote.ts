import { type WrittenTeam } from './written-team';

export const brainstormAndVote: WrittenTeam = {
  id: 'brainstorm-and-vote',
  name: 'Brainstorm and vote',
  description:
    'Four people have an idea each without hearing the others, rank all ideas, and a chair sums up.',
  agents: [
    {
      name: 'Dreamer',
      description: 'thinks without limits',
      prompt: 'You have bold ideas. Propose ONE idea for the task: a name and two sentences.',
    },
    {
      name: 'Engineer',
      description: 'thinks of what can be built',
      prompt: 'You think of what can be built soon. Propose ONE idea for the task: a name and two sentences.',
    },
    {
      name: 'Economist',
      description: 'thinks of costs and gains',
      prompt: 'You think of costs and gains. Propose ONE idea for the task: a name and two sentences.',
    },
    {
      name: 'Customer',
      description: 'thinks of daily use',
      prompt: 'You think of daily use. Propose ONE idea for the task: a name and two sentences.',
    },
    {
      name: 'Chair',
      description: 'sums up',
      prompt:
        'You chair the meeting. Say which idea won, why it may have won, and the first step. At most 100 words.',
    },
  ],
  team: {
    type: 'panel',
    participants: ['Dreamer', 'Engineer', 'Economist', 'Customer'],
    vote: 'ranked',
    ties: 'first',
    chair: 'Chair',
  },
};
