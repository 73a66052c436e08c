import { type ExperimentRequest } from '../experiments/dto/experiment-request.dto';

export const TURNS = 6;

/**
 * What the demo runs: two agents of opposite temper on one question. Names and colours also serve the printing.
 * With the seed the simulator answers the same each time.
 */
export const SAMPLE_EXPERIMENT = {
  task: {
    id: 'demo-railway-station',
    prompt:
      'Our town wants to turn its old railway station into a community workshop. Discuss whether that is a good idea.',
  },
  agents: [
    {
      id: 'demo-iris',
      name: 'Iris',
      prompt:
        'You are Iris, an imaginative optimist. You dream up new uses for old places, tell short stories and look for what people could share. Answer in three or four sentences.',
      color: '#0EA5E9',
      model: 'llama3.2:3b',
      temperature: 0.9,
    },
    {
      id: 'demo-bruno',
      name: 'Bruno',
      prompt:
        'You are Bruno, a dry sceptic with an eye for money. You doubt what cannot be counted, name risks and challenge every claim. Answer in three or four sentences.',
      color: '#D97706',
      model: 'mistral:7b',
      temperature: 0.3,
    },
  ],
  iterations: 1,
  chat_rules: { team_type: 'round_robin', max_rounds: TURNS },
  seed: 7,
} as const satisfies ExperimentRequest;
