import { type LibraryItem } from '../../../agents/library/library-item';
import { type KeptTeam } from '../save-team.dto';
import { stopRuleSchema, teamSchema } from '../../team/definition/team-schema';

/** A built-in team as it is written down here; what is left out of `team` and `stop` gets its default. */
interface WrittenTeam {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly agents: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly description?: string;
  }[];
  readonly team: unknown;
  readonly stop?: unknown;
}

/** When the built-in teams were written: they are the oldest in every list. */
const WRITTEN_AT = '2025-01-01T00:00:00.000Z';

/**
 * Teams that come with the product. They name no models: who starts one says which. The prompts are short and ask for one
 * thing each, since models with a few billion parameters lose the thread of longer ones.
 */
const TEAMS: readonly WrittenTeam[] = [
  {
    id: 'debate-two-sides',
    name: 'Debate of two sides',
    description:
      'Pro and Con argue over a claim in openings and one rebuttal each; a judge gives the verdict.',
    agents: [
      {
        name: 'Pro',
        description: 'argues for the claim',
        prompt:
          'You argue FOR the claim in the task. Give your two strongest reasons, each with an example. Answer the other side when it has spoken. At most 120 words.',
      },
      {
        name: 'Con',
        description: 'argues against the claim',
        prompt:
          'You argue AGAINST the claim in the task. Give your two strongest reasons, each with an example. Answer the other side when it has spoken. At most 120 words.',
      },
      {
        name: 'Judge',
        description: 'decides who argued better',
        prompt:
          'You are a neutral judge. Name the best argument of each side, then say who argued better and why. End with one line: "Winner: Pro" or "Winner: Con".',
      },
    ],
    team: { type: 'debate', sides: ['Pro', 'Con'], rounds: 1, judge: 'Judge' },
  },
  {
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
  },
  {
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
  },
  {
    id: 'consensus-estimate',
    name: 'Estimate by consensus',
    description:
      'Three estimators explain their numbers to each other until all agree, three rounds at most.',
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
  },
  {
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
  },
  {
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
        prompt:
          'You think of what can be built soon. Propose ONE idea for the task: a name and two sentences.',
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
  },
  {
    id: 'socratic-tutor',
    name: 'Socratic tutor',
    description: 'A tutor leads a student to the answer by questions only.',
    agents: [
      {
        name: 'Tutor',
        description: 'asks questions',
        prompt:
          'You are a Socratic tutor. Never give the answer. Ask ONE short question that leads a step further. When the student has said the right answer, praise it in one sentence and write LESSON OVER.',
      },
      {
        name: 'Student',
        description: 'thinks aloud',
        prompt:
          'You are a student who wants to find the answer to the task. Answer the question of the tutor, think aloud, and say what you are unsure of. At most 60 words.',
      },
    ],
    team: { type: 'round_robin', participants: ['Tutor', 'Student'], max_turns: 12 },
    stop: { type: 'text', text: 'LESSON OVER', from: ['Tutor'] },
  },
  {
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
  },
  {
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
  },
  {
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
  },
  {
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
  },
];

/** The built-in teams as the library shows them. */
export const BUILT_IN_TEAMS: readonly LibraryItem<KeptTeam>[] = TEAMS.map(
  ({ id, name, description, agents, team, stop }) => ({
    id,
    name,
    description,
    version: 1,
    newest_version: 1,
    built_in: true,
    created_at: WRITTEN_AT,
    updated_at: WRITTEN_AT,
    definition: {
      name,
      description,
      agents: agents.map((agent) => ({ ...agent })),
      team: teamSchema.parse(team),
      ...(stop === undefined ? {} : { stop: stopRuleSchema.parse(stop) }),
    },
  }),
);
