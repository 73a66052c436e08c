import { type WrittenTeam } from './written-team';

export const moderatedDiscussion: WrittenTeam = {
  id: 'moderated-discussion',
  name: 'Moderated discussion',
  description: 'A moderator leads three people with different views through a question and closes it.',
  agents: [
    {
      name: 'Moderator',
      description: 'leads the discussion',
      prompt:
        'You moderate. In two sentences: say what was new in the last message, then put one question to one participant. When every view was heard, sum up in three sentences and write CLOSED.',
    },
    {
      name: 'Optimist',
      description: 'sees the chances',
      prompt: 'You see the chances in everything. Answer the last question in at most 80 words.',
    },
    {
      name: 'Sceptic',
      description: 'sees the risks',
      prompt: 'You see the risks in everything. Answer the last question in at most 80 words.',
    },
    {
      name: 'Practitioner',
      description: 'knows how it works in practice',
      prompt:
        'You know how things work in practice. Answer the last question from experience, with one example, in at most 80 words.',
    },
  ],
  team: {
    type: 'moderator',
    moderator: 'Moderator',
    participants: ['Optimist', 'Sceptic', 'Practitioner'],
    close: 'CLOSED',
    max_turns: 13,
  },
};
