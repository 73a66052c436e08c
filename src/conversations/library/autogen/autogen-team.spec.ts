import { type AutoGenTeam, autoGenTeam } from './autogen-team';

const component = (provider: string, config: object, more: object = {}) => ({
  provider,
  component_type: 'x',
  version: 1,
  component_version: 1,
  description: 'As the library describes the class.',
  label: null,
  config,
  ...more,
});
const ollama = (model: string, more: object = {}) =>
  component('autogen_ext.models.ollama.OllamaChatCompletionClient', { model, ...more });
const assistant = (name: string, more: object = {}) =>
  component('autogen_agentchat.agents.AssistantAgent', {
    name,
    model_client: ollama('llama3.2:3b'),
    tools: [],
    description: `${name} helps.`,
    system_message: `You are ${name}.`,
    reflect_on_tool_use: false,
    tool_call_summary_format: '{result}',
    ...more,
  });
const condition = (name: string, config: object) => component(`autogen_agentchat.conditions.${name}`, config);
const team = (name: string, config: object, more: object = {}) =>
  component(`autogen_agentchat.teams.${name}`, { emit_team_events: false, max_turns: null, ...config }, more);
const roundRobin = (config: object = {}) =>
  team('RoundRobinGroupChat', {
    participants: [assistant('Ann'), assistant('Bob')],
    max_turns: 4,
    ...config,
  });

/** What stop rule a termination condition became. */
const stopOf = (termination: object) =>
  (autoGenTeam(roundRobin({ termination_condition: termination })).request['team'] as { stop?: unknown })
    .stop;
const teamOf = (read: AutoGenTeam) => read.request['team'];
const agentsOf = (read: AutoGenTeam) => read.request['agents'];
const whys = (read: AutoGenTeam) => read.notMapped.map(({ path, why }) => `${path}: ${why}`);

describe('teams of AutoGen', () => {
  it('that take turns become round robins of their agents', () => {
    const read = autoGenTeam({ ...roundRobin(), label: 'My team' });
    expect(read.request).toEqual({
      name: 'My team',
      agents: [
        { name: 'Ann', prompt: 'You are Ann.', description: 'Ann helps.', model: 'llama3.2:3b' },
        { name: 'Bob', prompt: 'You are Bob.', description: 'Bob helps.', model: 'llama3.2:3b' },
      ],
      team: { type: 'round_robin', participants: ['Ann', 'Bob'], max_turns: 4 },
    });
    expect(read.notMapped).toEqual([]);
    expect(read.mapped).toEqual([
      { path: '/config/participants/0', component: 'AssistantAgent', to: 'agent Ann' },
      {
        path: '/config/participants/0/config/model_client',
        component: 'OllamaChatCompletionClient',
        to: 'model llama3.2:3b',
      },
      expect.objectContaining({ path: '/config/participants/1' }),
      expect.objectContaining({ path: '/config/participants/1/config/model_client' }),
      { path: '', component: 'RoundRobinGroupChat', to: 'team round_robin' },
    ]);
  });

  it('with a selector keep its model, its own question and its rules', () => {
    const config = {
      participants: [assistant('Ann'), assistant('Bob')],
      model_client: ollama('qwen3:8b'),
      selector_prompt: 'You are in a role play game. The following roles are available:\n{roles}.',
      allow_repeated_speaker: true,
      max_selector_attempts: 50,
      max_turns: 6,
    };
    expect(teamOf(autoGenTeam(team('SelectorGroupChat', config)))).toEqual({
      type: 'selector',
      participants: ['Ann', 'Bob'],
      selector_model: 'qwen3:8b',
      allow_repeated_speaker: true,
      max_attempts: 10,
      fallback: 'previous',
      max_turns: 6,
    });
    const own = { ...config, selector_prompt: 'Who of {participants}?' };
    expect(teamOf(autoGenTeam(team('SelectorGroupChat', own)))).toMatchObject({
      selector_prompt: 'Who of {participants}?',
    });
  });

  it('that hand over keep to whom', () => {
    const participants = [
      assistant('Ann', {
        handoffs: ['Bob', { target: 'user', description: '', name: 'transfer_to_user', message: '' }],
      }),
      assistant('Bob', { handoffs: [] }),
    ];
    const read = autoGenTeam(
      team('Swarm', {
        participants,
        termination_condition: condition('HandoffTermination', { target: 'user' }),
      }),
    );
    expect(teamOf(read)).toEqual({
      type: 'swarm',
      participants: ['Ann', 'Bob'],
      handoffs: { Ann: ['Bob', 'user'], Bob: [] },
      stop: { type: 'handoff', to: 'user' },
    });
  });

  it('that follow a graph keep conditions, groups, joins and the start', () => {
    const edge = (target: string, more: object = {}) => ({
      target,
      condition: null,
      activation_group: target,
      activation_condition: 'all',
      ...more,
    });
    const graph = {
      nodes: {
        Ann: { name: 'Ann', edges: [edge('Bob')], activation: 'all' },
        Bob: {
          name: 'Bob',
          activation: 'all',
          edges: [
            edge('Cem', { condition: 'APPROVE' }),
            edge('Ann', { condition: 'REVISE', activation_group: 'back' }),
          ],
        },
        Cem: { name: 'Cem', edges: [], activation: 'all' },
      },
      default_start_node: 'Ann',
    };
    const participants = ['Ann', 'Bob', 'Cem'].map((name) => assistant(name));
    const read = autoGenTeam(team('GraphFlow', { participants, graph, max_turns: 9 }));
    expect(teamOf(read)).toEqual({
      type: 'graph',
      nodes: ['Ann', 'Bob', 'Cem'].map((id) => ({ id, join: 'all' })),
      edges: [
        { from: 'Ann', to: 'Bob' },
        { from: 'Bob', to: 'Cem', when: { contains: 'APPROVE' } },
        { from: 'Bob', to: 'Ann', when: { contains: 'REVISE' }, group: 'back' },
      ],
      start: ['Ann'],
      max_turns: 9,
    });
    expect(whys(read)).toEqual([expect.stringMatching(/^\/config\/graph\/nodes\/Bob: .*NO_OPEN_EDGE$/)]);
  });

  it('of Magentic-One get a manager of their own', () => {
    const read = autoGenTeam(
      team('MagenticOneGroupChat', {
        participants: [assistant('Orchestrator')],
        model_client: ollama('qwen3:8b'),
        max_stalls: 2,
        final_answer_prompt: 'Finish.',
        max_turns: null,
      }),
    );
    expect(teamOf(read)).toEqual({
      type: 'magentic',
      manager: 'Orchestrator_2',
      participants: ['Orchestrator'],
      max_stalls: 2,
      max_turns: 20,
    });
    expect(agentsOf(read)).toContainEqual(
      expect.objectContaining({ name: 'Orchestrator_2', model: 'qwen3:8b' }),
    );
    expect(whys(read)).toEqual([expect.stringContaining('/config/final_answer_prompt: ')]);
  });

  it('may stand in teams, and behind one who speaks for them', () => {
    const society = component('autogen_agentchat.agents.SocietyOfMindAgent', {
      name: 'Board',
      team: roundRobin(),
      model_client: ollama('qwen3:8b'),
      instruction: 'Earlier you were asked.',
      response_prompt: 'Answer now.',
    });
    const nested = { ...roundRobin({ name: 'Inner', participants: [assistant('Eve')], max_turns: 1 }) };
    const read = autoGenTeam(
      team('RoundRobinGroupChat', { participants: [society, nested, assistant('Dan')], max_turns: 3 }),
    );
    expect(teamOf(read)).toEqual({
      type: 'round_robin',
      participants: [
        {
          type: 'pipeline',
          name: 'Board',
          stages: [{ type: 'round_robin', participants: ['Ann', 'Bob'], max_turns: 4 }, 'Board_speaker'],
          see: 'all',
          share: 'last',
        },
        { type: 'round_robin', name: 'Inner', participants: ['Eve'], max_turns: 1 },
        'Dan',
      ],
      max_turns: 3,
    });
    expect(agentsOf(read)).toContainEqual({
      name: 'Board_speaker',
      prompt: 'Earlier you were asked.\n\nAnswer now.',
      model: 'qwen3:8b',
    });
  });

  describe('termination conditions', () => {
    it.each<[string, object, unknown]>([
      [
        'MaxMessageTermination',
        { max_messages: 10, include_agent_event: false },
        { type: 'max_messages', messages: 9 },
      ],
      ['MaxMessageTermination', { max_messages: 1 }, { type: 'max_messages', messages: 1 }],
      ['TextMentionTermination', { text: 'TERMINATE' }, { type: 'text', text: 'TERMINATE' }],
      [
        'TextMentionTermination',
        { text: 'X', sources: ['user', 'Ann'] },
        { type: 'text', text: 'X', from: ['Ann'] },
      ],
      [
        'TokenUsageTermination',
        { max_total_token: 9, max_prompt_token: null, max_completion_token: 4 },
        { type: 'tokens', total: 9, completion: 4 },
      ],
      ['TimeoutTermination', { timeout_seconds: 1.5 }, { type: 'active_seconds', seconds: 1.5 }],
      ['HandoffTermination', { target: 'user' }, { type: 'handoff', to: 'user' }],
      ['SourceMatchTermination', { sources: ['Bob'] }, { type: 'source', from: ['Bob'] }],
      ['TextMessageTermination', { source: 'Bob' }, { type: 'source', from: ['Bob'] }],
      ['FunctionCallTermination', { function_name: 'submit' }, { type: 'tool', name: 'submit' }],
    ])('%s %j becomes %j', (name, config, rule) => {
      expect(stopOf(condition(name, config))).toEqual(rule);
    });

    it.each<[string, object]>([
      ['TextMessageTermination', { source: null }],
      ['StopMessageTermination', {}],
      ['ExternalTermination', {}],
      ['FunctionalTermination', {}],
      ['SomethingTermination', {}],
      ['MaxMessageTermination', { max_messages: 'x' }],
      ['constructor', {}],
    ])('%s %j is named as not taken over', (name, config) => {
      const read = autoGenTeam(roundRobin({ termination_condition: condition(name, config) }));
      expect(teamOf(read)).not.toHaveProperty('stop');
      expect(read.notMapped).toEqual([
        { path: '/config/termination_condition', component: name, why: expect.stringMatching(/./) },
      ]);
    });

    it('nest', () => {
      const or = (...conditions: object[]) =>
        component('autogen_agentchat.base.OrTerminationCondition', { conditions });
      const and = (...conditions: object[]) =>
        component('autogen_agentchat.base.AndTerminationCondition', { conditions });
      const [done, max, stop] = [
        condition('TextMentionTermination', { text: 'DONE' }),
        condition('MaxMessageTermination', { max_messages: 5 }),
        condition('StopMessageTermination', {}),
      ];
      const doneRule = { type: 'text', text: 'DONE' };
      const maxRule = { type: 'max_messages', messages: 4 };
      expect(stopOf(or(done, and(done, max)))).toEqual({ any: [doneRule, { all: [doneRule, maxRule] }] });
      expect(stopOf(or(done, stop))).toEqual(doneRule);
      expect(stopOf(and(done, stop))).toBeUndefined();
      expect(stopOf(or())).toBeUndefined();
    });

    it('that count the task there are named', () => {
      const read = autoGenTeam(
        roundRobin({ termination_condition: condition('MaxMessageTermination', { max_messages: 10 }) }),
      );
      expect(whys(read)).toEqual([
        '/config/termination_condition/config/max_messages: the task counts as a message there, but not here: 10 became 9',
      ]);
    });
  });

  describe('agents', () => {
    const one = (agent: object) => autoGenTeam(roundRobin({ participants: [agent] }));

    it('keep the options of their model, as far as there are such', () => {
      const options = { temperature: 0.2, num_ctx: 4096, mirostat: 2, stop: ['END'], seed: null };
      const read = one(assistant('Ann', { model_client: ollama('m', { options, host: 'http://x' }) }));
      expect(agentsOf(read)).toEqual([
        expect.objectContaining({ model: 'm', options: { temperature: 0.2, num_ctx: 4096, stop: ['END'] } }),
      ]);
      expect(read.notMapped.map(({ path }) => path.split('model_client')[1])).toEqual([
        '/config/host',
        '/config/options/mirostat',
      ]);
    });

    it('of other servers come without a model', () => {
      const client = component('autogen_ext.models.openai.OpenAIChatCompletionClient', {
        model: 'gpt-4o',
        temperature: 0.1,
        api_key: '**********',
      });
      const read = one(assistant('Ann', { model_client: client }));
      expect(agentsOf(read)).toEqual([
        { name: 'Ann', prompt: 'You are Ann.', description: 'Ann helps.', options: { temperature: 0.1 } },
      ]);
      expect(whys(read)[0]).toContain("only models of Ollama can be asked: name one for 'gpt-4o'");
      expect(JSON.stringify(read)).not.toContain('***');
    });

    it('name what they lose', () => {
      const context = component('autogen_core.model_context.BufferedChatCompletionContext', {
        buffer_size: 5,
      });
      const agent = assistant('Ann', {
        system_message: null,
        tools: [component('autogen_core.tools.FunctionTool', { source_code: 'x' })],
        memory: [component('autogen_core.memory.ListMemory', {})],
        model_context: context,
      });
      const read = one(agent);
      expect(agentsOf(read)).toEqual([
        expect.objectContaining({ prompt: 'You are a helpful assistant.', history: { last: 5 } }),
      ]);
      expect(read.notMapped.map(({ path }) => path.replace('/config/participants/0/config/', ''))).toEqual([
        'system_message',
        'tools',
        'memory',
        'model_context',
      ]);
    });

    it('behind a filter hear what it lets through', () => {
      const filter = (per_source: object[]) =>
        component('autogen_agentchat.agents.MessageFilterAgent', {
          name: 'Ann_filtered',
          wrapped_agent: assistant('Ann'),
          filter: { per_source },
        });
      const history = (per_source: object[]) =>
        (agentsOf(one(filter(per_source))) as { name: string; history?: unknown }[])[0];
      expect(
        history([
          { source: 'user', position: 'first', count: 1 },
          { source: 'Bob', position: 'last', count: 2 },
        ]),
      ).toMatchObject({
        name: 'Ann_filtered',
        history: { from: ['Bob'], last: 2 },
      });
      const two = [
        { source: 'Bob', position: 'last', count: 2 },
        { source: 'Cem', position: null, count: null },
      ];
      expect(history(two)).toMatchObject({ history: { from: ['Bob', 'Cem'] } });
      expect(whys(one(filter(two)))).toEqual([expect.stringContaining('/config/filter: ')]);
    });

    it('that are people, or that nobody knows, are left out', () => {
      const read = autoGenTeam(
        roundRobin({
          participants: [
            component('autogen_agentchat.agents.UserProxyAgent', { name: 'me', description: '' }),
            component('autogen_ext.agents.web_surfer.MultimodalWebSurfer', { name: 'surfer' }),
            assistant('Ann'),
            3,
          ],
        }),
      );
      expect(teamOf(read)).toMatchObject({ participants: ['Ann'] });
      expect(read.notMapped.map(({ path, component: name }) => [path, name])).toEqual([
        ['/config/participants/0', 'UserProxyAgent'],
        ['/config/participants/1', 'MultimodalWebSurfer'],
        ['/config/participants/3', 'unknown'],
      ]);
    });
  });

  it.each<[object, string]>([
    [assistant('Ann'), 'body.provider: Value error, must be a team'],
    [{ provider: '' }, 'body.provider: Value error, must be a team'],
    [{ provider: 'autogen_agentchat.teams.toString' }, 'body.provider: Value error, must be a team'],
    [team('Swarm', { participants: [] }), 'body.config.participants: Value error, must have a participant'],
    [team('GraphFlow', { participants: 'x', graph: [] }), 'body.config.participants: Value error'],
    [{ provider: 'autogen_agentchat.teams.Swarm' }, 'body.config.participants: Value error'],
  ])('%j is refused', (file, message) => {
    expect(() => autoGenTeam(file as Record<string, unknown>)).toThrow(message);
  });
});
