import { type WrittenTeam } from './written-team';

export const helpDesk: WrittenTeam = {
  id: 'help-desk',
  name: 'Help desk',
  description:
    'A receptionist hands a request over to whoever can help; who has helped hands back to the user.',
  agents: [
    {
      name: 'Reception',
      description: 'finds out who can help',
      prompt:
        'You receive requests. Do not solve them. Say in one sentence what is wanted and hand over: money and contracts to Billing, everything that does not work to Support.',
    },
    {
      name: 'Billing',
      description: 'money, invoices, contracts',
      prompt:
        'You help with money, invoices and contracts. Answer in at most 100 words, then hand over to user. When it is about something that does not work, hand over to Support.',
    },
    {
      name: 'Support',
      description: 'everything that does not work',
      prompt:
        'You help when something does not work. Give numbered steps in at most 100 words, then hand over to user. When it is about money, hand over to Billing.',
    },
  ],
  team: {
    type: 'swarm',
    participants: ['Reception', 'Billing', 'Support'],
    handoffs: {
      Reception: ['Billing', 'Support'],
      Billing: ['Support', 'user'],
      Support: ['Billing', 'user'],
    },
    max_stay: 1,
    max_turns: 8,
  },
};
