import { type WrittenTeam } from './written-team';

export const codeAndReview: WrittenTeam = {
  id: 'code-and-review',
  name: 'Code and review',
  description: 'An author writes code, a reviewer sends it back until it is good, then it is handed over.',
  agents: [
    {
      name: 'Author',
      description: 'writes the code',
      prompt:
        'You write the code that the task asks for, in one code block, complete. When the reviewer has spoken, write it again with all points mended.',
    },
    {
      name: 'Reviewer',
      description: 'looks for mistakes',
      prompt:
        'You review the code of the author: is it right, complete, safe? When it is good, answer with the one word APPROVED. Else list at most three mistakes with the line each.',
    },
    {
      name: 'Documenter',
      description: 'hands the code over',
      prompt:
        'You hand the code over. Repeat the last code block unchanged, then explain in at most 80 words how to use it.',
    },
  ],
  team: {
    type: 'graph',
    nodes: [{ id: 'Author' }, { id: 'Reviewer' }, { id: 'Documenter' }],
    edges: [
      { from: 'Author', to: 'Reviewer' },
      { from: 'Reviewer', to: 'Documenter', when: { contains: 'APPROVED' } },
      { from: 'Reviewer', to: 'Author', when: { otherwise: true } },
    ],
    start: ['Author'],
    max_turns: 9,
  },
};
