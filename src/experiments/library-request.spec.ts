import { type KeptAgent } from '../agents/library/agent-definition.dto';
import { type LibraryDefinition, type LibraryItem } from '../agents/library/library-item';
import { type KeptTeam } from '../conversations/library/save-team.dto';
import { type WrittenOutRequest, writeOutRequest } from './library-request';

const LIMITS = { maxNameCharacters: 100, maxMessageCharacters: 1000 };

function saved<D extends LibraryDefinition>(definition: D, version = 1): LibraryItem<D> {
  return {
    id: 'x',
    name: definition.name,
    description: null,
    version,
    newest_version: version,
    built_in: false,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    definition,
  };
}

const GUIDE: KeptAgent = {
  name: 'Guide',
  prompt: 'You guide.',
  model: 'saved:1b',
  options: { top_k: 3, top_p: 0.5 },
};
const AGENTS: Record<string, KeptAgent[]> = {
  guide: [{ name: 'Guide', prompt: 'Old.' }, GUIDE],
  bare: [{ name: 'Bare', prompt: 'P' }],
};
const TEAMS: Record<string, KeptTeam[]> = {
  pair: [
    {
      name: 'A pair',
      agents: [
        { ref: 'agents/guide', version: 1, temperature: 0.3 },
        { name: 'Critic', prompt: 'You criticise.' },
      ],
      team: { type: 'round_robin', participants: ['Guide', 'Critic'], max_turns: 4 },
      stop: { type: 'text', text: 'DONE' },
    },
  ],
};

function find<D extends LibraryDefinition>(all: Record<string, D[]>) {
  return (id: string, version?: number): Promise<LibraryItem<D> | null> => {
    const versions = all[id] ?? [];
    const number = version ?? versions.length;
    const definition = versions[number - 1];
    return Promise.resolve(definition ? saved(definition, number) : null);
  };
}

const write = (body: unknown): Promise<WrittenOutRequest> =>
  writeOutRequest(body, { agent: find(AGENTS), team: find(TEAMS) }, LIMITS);
const agentsOf = async (body: unknown) =>
  ((await write(body)).body as { agents: Record<string, unknown>[] }).agents;

const INLINE = { id: 'a', name: 'Ann', prompt: 'P', color: '#fff', model: 'm' };

describe('a start request', () => {
  it.each<[string, unknown]>([
    ['without references', { agents: [INLINE], models: { '*': 'other' }, team: { type: 'round_robin' } }],
    ['that is no object', 3],
    ['that is not there', undefined],
    ['with something else for agents', { agents: 'x', team: [] }],
  ])('%s stays as it is', async (_, body) => {
    const written = await write(body);
    expect(written.body).toBe(body);
    expect(written.uses).toBeNull();
  });

  it('names saved agents, with other values in the place of some', async () => {
    const reference = { ref: 'agents/guide', name: 'Leader', options: { top_k: 9 } };
    const { body, uses } = await write({ agents: [reference, INLINE], iterations: 2 });
    expect(body).toEqual({
      iterations: 2,
      agents: [
        {
          id: 'Leader',
          name: 'Leader',
          prompt: 'You guide.',
          model: 'saved:1b',
          options: { top_k: 9, top_p: 0.5 },
          color: expect.stringMatching(/^#[\dA-F]{6}$/),
        },
        INLINE,
      ],
    });
    expect(uses).toEqual([{ ref: 'agents/guide', version: 2 }]);
  });

  it('names a version', async () => {
    const [agent] = await agentsOf({ agents: [{ ref: 'agents/guide', version: 1, model: 'm' }] });
    expect(agent).toMatchObject({ prompt: 'Old.', model: 'm' });
  });

  it('names a saved team, which brings its agents, its rules and when it stops', async () => {
    const { body, uses } = await write({
      team: { ref: 'teams/pair', max_turns: 9 },
      models: { '*': 'm' },
      task: { prompt: 'x' },
    });
    expect(body).toEqual({
      task: { prompt: 'x' },
      agents: [
        expect.objectContaining({ id: 'Guide', name: 'Guide', prompt: 'Old.', temperature: 0.3, model: 'm' }),
        expect.objectContaining({ id: 'Critic', name: 'Critic', model: 'm' }),
      ],
      team: { type: 'round_robin', participants: ['Guide', 'Critic'], max_turns: 9 },
      stop: { type: 'text', text: 'DONE' },
    });
    expect(uses).toEqual([
      { ref: 'teams/pair', version: 1 },
      { ref: 'agents/guide', version: 1 },
    ]);
  });

  it('says what is different with agents of the team, and which ones come on top', async () => {
    const agents = [
      { name: 'Helper', prompt: 'You help.' },
      { name: 'critic', model: 'big', prompt: 'You praise.' },
    ];
    const written = await agentsOf({ team: { ref: 'teams/pair' }, agents, models: { '*': 'm' } });
    expect(written.map(({ name, model, prompt }) => [name, model, prompt])).toEqual([
      ['Guide', 'm', 'Old.'],
      ['critic', 'big', 'You praise.'],
      ['Helper', 'm', 'You help.'],
    ]);
  });

  it('keeps agents with one name, so that they are refused', async () => {
    const agents = [
      { name: 'Critic', prompt: 'A' },
      { name: 'Critic', prompt: 'B' },
      { ref: 'agents/guide' },
    ];
    const written = await agentsOf({ team: { ref: 'teams/pair' }, agents, models: { '*': 'm' } });
    expect(written.map(({ name }) => name)).toEqual(['Guide', 'Critic', 'Critic', 'Guide']);
  });

  it('keeps its own stop rule', async () => {
    const stop = { type: 'max_turns', turns: 2 };
    expect((await write({ team: { ref: 'teams/pair' }, stop, models: { '*': 'm' } })).body).toMatchObject({
      stop,
    });
  });

  it('gives ids that nobody has', async () => {
    const agents = [{ ref: 'agents/guide' }, { ...INLINE, id: 'Guide' }];
    expect((await agentsOf({ agents })).map(({ id }) => id)).toEqual(['Guide-2', 'Guide']);
  });

  describe('models', () => {
    it('by name count most, those of the list more than *, those that are saved least', async () => {
      const agents = [{ ref: 'agents/guide' }, { ref: 'agents/bare', model: 'own' }, INLINE];
      const modelsWith = async (models: unknown) =>
        (await agentsOf({ agents, models })).map(({ model }) => model);
      expect(await modelsWith(undefined)).toEqual(['saved:1b', 'own', 'm']);
      expect(await modelsWith({ '*': 'all' })).toEqual(['all', 'own', 'm']);
      expect(await modelsWith({ BARE: ' one ', '*': 'all' })).toEqual(['all', 'one', 'm']);
    });

    it.each<[unknown, string]>([
      [undefined, "body.models: Value error, must name a model for 'Critic'"],
      [{ Guide: 'm' }, "body.models: Value error, must name a model for 'Critic'"],
      ['m', 'body.models: Input should be a valid dictionary'],
      [{ '*': 3 }, 'body.models.*: Value error, must be the name of a model'],
      [{ '*': ' ' }, 'body.models.*: Value error, must be the name of a model'],
      [
        { Critik: 'm', '*': 'm' },
        "body.models.Critik: Value error, must be the name of an agent: did you mean 'Critic'?",
      ],
    ])('%j are refused: %s', async (models, message) => {
      await expect(write({ team: { ref: 'teams/pair' }, models })).rejects.toThrow(message);
    });
  });

  it.each<[object, string]>([
    [{ team: { ref: 'teams/none' } }, "body.team.ref: The library has no team 'none'."],
    [{ team: { ref: 'teams/pair', version: 2 } }, "The library has no team 'pair' in version 2."],
    [{ team: { ref: 'agents/guide' } }, 'body.team.ref: Value error, must be "teams/<id>"'],
    [{ agents: [INLINE, { ref: 'agents/none' }] }, "body.agents.1.ref: The library has no agent 'none'."],
    [{ agents: [{ ref: null }] }, 'body.agents.0.ref: Value error, must be "agents/<id>"'],
    [{ agents: [{ ref: 'agents/guide', version: 1.5 }] }, 'body.agents.0.version: Value error'],
    [
      { agents: [{ ref: 'agents/guide', temprature: 1 }] },
      "unknown field 'temprature'; did you mean 'temperature'?",
    ],
    [
      { agents: [{ ref: 'agents/guide', temperature: 7 }] },
      'body.agents.0.temperature: Input should be less',
    ],
    [{ agents: [{ ref: 'agents/guide' }, 3] }, 'body.agents.1: Input should be a valid dictionary'],
    [{ team: { ref: 'teams/pair' }, agents: 3 }, 'body.agents: Input should be a valid list'],
  ])('%j is refused: %s', async (body, message) => {
    await expect(write(body)).rejects.toThrow(message);
  });
});
