import { type SavedTeam, type TeamImportReport } from '../../src/conversations/library/team-answers.dto';
import { withServer } from '../support/with-server';

/** A file as AgentChat writes it. */
const FILE = {
  provider: 'autogen_agentchat.teams.RoundRobinGroupChat',
  component_type: 'team',
  version: 1,
  component_version: 1,
  description: 'A team that runs a group chat with participants taking turns in a round-robin fashion.',
  label: 'Writers',
  config: {
    participants: [
      assistant('writer', 'You write. When all is said, say TERMINATE.'),
      assistant('critic', 'You criticise.'),
      {
        provider: 'autogen_agentchat.agents.UserProxyAgent',
        component_type: 'agent',
        version: 1,
        component_version: 1,
        config: { name: 'user_proxy', description: 'a human user' },
      },
    ],
    termination_condition: {
      provider: 'autogen_agentchat.base.OrTerminationCondition',
      component_type: 'termination',
      version: 1,
      component_version: 1,
      config: {
        conditions: [
          condition('TextMentionTermination', { text: 'TERMINATE' }),
          condition('MaxMessageTermination', { max_messages: 4, include_agent_event: false }),
        ],
      },
    },
    emit_team_events: false,
  },
};

function assistant(name: string, systemMessage: string) {
  return {
    provider: 'autogen_agentchat.agents.AssistantAgent',
    component_type: 'agent',
    version: 1,
    component_version: 1,
    config: {
      name,
      model_client: {
        provider: 'autogen_ext.models.openai.OpenAIChatCompletionClient',
        component_type: 'model',
        version: 1,
        component_version: 1,
        config: { model: 'gpt-4o' },
      },
      tools: [],
      handoffs: [],
      description: `The ${name}.`,
      system_message: systemMessage,
      model_client_stream: false,
      reflect_on_tool_use: false,
      tool_call_summary_format: '{result}',
    },
  };
}

function condition(name: string, config: object) {
  return {
    provider: `autogen_agentchat.conditions.${name}`,
    component_type: 'termination',
    version: 1,
    component_version: 1,
    config,
  };
}

describe('teams of AutoGen', () => {
  const server = withServer();
  const importTeam = (file: unknown) => server.api.post<TeamImportReport>('/api/teams/import', file);

  it('are saved, with a word on everything that is not as it was, and run', async () => {
    const { status, body } = await importTeam(FILE);
    expect(status).toBe(200);
    expect(body).toMatchObject({ saved: 1, refused: 0, items: [{ status: 'saved', version: 1 }] });
    expect(body.mapped).toContainEqual({
      path: '/config/participants/0',
      component: 'AssistantAgent',
      to: 'agent writer',
    });
    expect(body.not_mapped?.map(({ path }) => path)).toEqual([
      '/config/participants/0/config/model_client',
      '/config/participants/1/config/model_client',
      '/config/participants/2',
      '/config/termination_condition/config/conditions/0/config/text',
      '/config/termination_condition/config/conditions/1/config/max_messages',
    ]);
    const id = body.items[0]?.id ?? '';
    const saved = (await server.api.get<SavedTeam>(`/api/teams/${id}`)).body;
    expect(saved).toMatchObject({
      name: 'Writers',
      definition: {
        agents: [{ name: 'writer' }, { name: 'critic' }],
        team: {
          type: 'round_robin',
          participants: ['writer', 'critic'],
          stop: {
            any: [
              { type: 'text', text: 'TERMINATE' },
              { type: 'max_messages', messages: 3 },
            ],
          },
        },
      },
    });
    const { experiment } = await server.run({
      task: { id: 't', prompt: 'Write a poem. End with TERMINATE.' },
      team: { ref: `teams/${id}` },
      models: { '*': 'llama3.2:3b' },
    });
    expect(experiment.status).toBe('completed');
    // The task, which speaks of the stop word, ends nothing.
    expect(experiment.conversations[0]?.messages).toHaveLength(4);
  });

  it('that break a rule of this product are saved nowhere, but told of', async () => {
    const twice = [assistant('writer', 'x'), assistant('Writer', 'y')];
    const { status, body } = await importTeam({ ...FILE, config: { participants: twice, max_turns: 2 } });
    expect([status, body]).toMatchObject([
      200,
      {
        saved: 0,
        refused: 1,
        items: [{ status: 'refused', code: 'DUPLICATE_AGENT_NAME' }],
        mapped: [{}, {}, {}],
      },
    ]);
  });

  it.each([
    [{ provider: 'autogen_agentchat.agents.AssistantAgent', config: { name: 'x' } }],
    [{ provider: 'autogen_agentchat.teams.Swarm', config: [] }],
    [{ provider: '' }],
    [{ provider: 3 }],
  ])('%j is refused', async (file) => {
    expect(await importTeam(file)).toMatchObject({ status: 422, body: { code: 'VALIDATION_FAILED' } });
  });
});
