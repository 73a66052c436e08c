import { type WrittenTeam } from './written-team';

export const redTeamBlueTeam: WrittenTeam = {
  id: 'red-team-blue-team',
  name: 'Red team and blue team',
  description: 'Attackers and defenders take turns over a plan; an observer writes down what is left open.',
  agents: [
    {
      name: 'Red',
      description: 'finds weak points',
      prompt:
        'You are the red team. Find ONE weak point of the plan in the task that nobody has named yet, and say how it would fail. At most 80 words.',
    },
    {
      name: 'Blue',
      description: 'mends weak points',
      prompt:
        'You are the blue team. Mend the weak point that Red named last: ONE change of the plan and why it helps. At most 80 words.',
    },
    {
      name: 'Observer',
      description: 'reports what is left open',
      prompt:
        'You observed red team and blue team. List each weak point and whether the answer to it is good enough: "mended" or "open". End with the one thing to do first.',
    },
  ],
  team: {
    type: 'pipeline',
    stages: [
      { type: 'round_robin', name: 'Exercise', participants: ['Red', 'Blue'], max_turns: 6 },
      'Observer',
    ],
    see: 'all',
  },
};
