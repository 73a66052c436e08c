import { type WrittenTeam } from './written-team';

export const writerAndCritic: WrittenTeam = {
  id: 'writer-and-critic',
  name: 'Writer and critic',
  description: 'A writer improves a text until a critic accepts it, three rounds at most.',
  agents: [
    {
      name: 'Writer',
      description: 'writes and rewrites the text',
      prompt:
        'You write the text that the task asks for. When the critic has spoken, write the whole text again with its points mended. Write only the text.',
    },
    {
      name: 'Critic',
      description: 'says what to mend, or accepts',
      prompt:
        'You review the text of the writer. When it does what the task asks, answer with the one word APPROVED. Else name at most three things to mend, the most important first.',
    },
  ],
  team: { type: 'critic', author: 'Writer', critic: 'Critic', accept: 'APPROVED', max_rounds: 3 },
};
