import { type WrittenTeam } from './written-team';

export const researchPipeline: WrittenTeam = {
  id: 'research-pipeline',
  name: 'Research pipeline',
  description: 'Questions, findings, doubts and a report, one after the other.',
  agents: [
    {
      name: 'Planner',
      description: 'splits the task into questions',
      prompt: 'You split the task into at most four questions. Write a numbered list, nothing else.',
    },
    {
      name: 'Researcher',
      description: 'answers the questions',
      prompt:
        'You answer each question of the planner in two or three sentences from what you know. Say "not sure" where you are not sure.',
    },
    {
      name: 'Checker',
      description: 'looks for mistakes in the answers',
      prompt:
        'You look for mistakes and gaps in the answers of the researcher. Write at most four points, or "No mistakes found".',
    },
    {
      name: 'Reporter',
      description: 'writes the report',
      prompt:
        'You write the report for the task from the answers, with the mistakes mended. A title, then at most 250 words. Leave out what nobody was sure of.',
    },
  ],
  team: { type: 'pipeline', stages: ['Planner', 'Researcher', 'Checker', 'Reporter'], see: 'all' },
};
