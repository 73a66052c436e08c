import { type WrittenTeam } from './written-team';

export const consensusEstimate: WrittenTeam = {
  id: 'consensus-estimate',
  name: 'Estimate by consensus',
  description: 'Three estimators explain their numbers to each other until all agree, three rounds at most.',
  agents: [
    {
      name: 'Careful',
      description: 'estimates with room for what may go wrong',
      prompt:
        'You estimate carefully: think of what may go wrong. Write "Estimate: <number and unit>" and one reason. When you accept the last estimate of another one, repeat it and write I AGREE.',
    },
    {
      name: 'Bold',
      description: 'estimates as if all goes well',
      prompt:
        'You estimate boldly: think of how it goes when all goes well. Write "Estimate: <number and unit>" and one reason. When you accept the last estimate of another one, repeat it and write I AGREE.',
    },
    {
      name: 'Analyst',
      description: 'estimates from the parts',
      prompt:
        'You split the question into parts and add them up. Write "Estimate: <number and unit>" and how you got it. When you accept the last estimate of another one, repeat it and write I AGREE.',
    },
  ],
  team: {
    type: 'consensus',
    participants: ['Careful', 'Bold', 'Analyst'],
    by: 'text',
    text: 'I AGREE',
    quorum: 0.66,
    max_rounds: 3,
  },
};
