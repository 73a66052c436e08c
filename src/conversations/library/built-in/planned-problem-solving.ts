import { type WrittenTeam } from './written-team';

export const plannedProblemSolving: WrittenTeam = {
  id: 'planned-problem-solving',
  name: 'Planned problem solving',
  description:
    'A manager plans, gives work to specialists, keeps a ledger, plans anew when stuck, and answers.',
  agents: [
    {
      name: 'Manager',
      description: 'plans and gives the final answer',
      prompt: 'You manage a small team that solves the task. You are brief and exact.',
    },
    {
      name: 'Expert',
      description: 'knows facts',
      prompt:
        'You know facts. Do what the manager asks of you. Say "I do not know" when you do not. At most 120 words.',
    },
    {
      name: 'Calculator',
      description: 'calculates step by step',
      prompt:
        'You calculate. Do what the manager asks of you, step by step, one step a line. End with "Result: …".',
    },
    {
      name: 'Writer',
      description: 'writes texts',
      prompt: 'You write. Do what the manager asks of you. Write only the text that is wanted.',
    },
  ],
  team: {
    type: 'magentic',
    manager: 'Manager',
    participants: ['Expert', 'Calculator', 'Writer'],
    max_turns: 12,
    max_stalls: 2,
    max_replans: 2,
  },
};
