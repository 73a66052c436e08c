import { AgentLibrary } from '../../agents/library/agent-library';
import { SaveAgentRequest } from '../../agents/library/agent-definition.dto';
import { type LibraryChange, LibraryChanges } from '../../agents/library/library-changes';
import { LibraryStore } from '../../agents/library/library-store';
import { ValidationFailedError } from '../../common/errors/domain-error';
import { validateRequest } from '../../common/validation/validate-request';
import { loadSettings } from '../../config/load-settings';
import { type Database } from '../../database/database';
import { databaseIn, temporaryFolder } from '../../database/testing/temporary-database';
import { schema } from '../../schema';
import { BUILT_IN_TEAMS } from './built-in/built-in-teams';
import { SaveTeamRequest } from './save-team.dto';
import { TeamLibrary } from './team-library';

const UUID = '7d0f2a1c-0d6c-4d53-8f4b-0e1a2b3c4d5e';

describe('the library', () => {
  const settings = loadSettings({
    MAX_LIBRARY_ENTRIES: '5',
    MAX_AGENTS: '3',
    MAX_MESSAGE_CHARACTERS: '1000',
  });
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;
  let agents: AgentLibrary;
  let teams: TeamLibrary;
  let told: LibraryChange[];
  let store: LibraryStore;

  beforeEach(async () => {
    folder = temporaryFolder();
    database = databaseIn(folder.path, schema);
    await database.open();
    const changes = new LibraryChanges();
    told = [];
    changes.subscribe((change) => told.push(change));
    store = new LibraryStore(database, settings);
    agents = new AgentLibrary(store, changes, settings);
    teams = new TeamLibrary(store, changes, agents, settings);
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  const anAgent = (changes: object = {}): SaveAgentRequest =>
    validateRequest(
      { id: 'guide', name: 'Guide', prompt: 'You guide.', ...changes },
      SaveAgentRequest,
      'body',
    );
  const aTeam = (changes: object = {}): SaveTeamRequest =>
    validateRequest(
      {
        id: 'pair',
        name: 'A pair',
        agents: [
          { name: 'Guide', prompt: 'You guide.' },
          { name: 'Critic', prompt: 'You criticise.' },
        ],
        team: { type: 'round_robin', participants: ['Guide', 'Critic'], max_turns: 4 },
        ...changes,
      },
      SaveTeamRequest,
      'body',
    );
  const text = async (parts: AsyncIterable<string>): Promise<unknown> => {
    let all = '';
    for await (const part of parts) {
      all += part;
    }
    return JSON.parse(all);
  };

  describe('versions', () => {
    it('are counted from 1, and each one can be read again', async () => {
      const first = await agents.create(anAgent({ options: { top_k: 3 } }), UUID);
      expect(first).toMatchObject({
        id: 'guide',
        version: 1,
        newest_version: 1,
        changed: true,
        built_in: false,
      });
      expect(first.definition).toEqual({ name: 'Guide', prompt: 'You guide.', options: { top_k: 3 } });
      const second = await agents.change('guide', anAgent({ prompt: 'You lead.', version: 1 }));
      expect(second).toMatchObject({ version: 2, changed: true, created_at: first.created_at });
      expect(await agents.get('guide', 1)).toMatchObject({
        version: 1,
        newest_version: 2,
        definition: first.definition,
      });
      expect((await agents.get('guide')).definition.prompt).toBe('You lead.');
      expect((await agents.versions('guide', {})).versions.map(({ version }) => version)).toEqual([2, 1]);
      expect((await agents.versions('guide', { before: 2 })).versions.map(({ version }) => version)).toEqual([
        1,
      ]);
      expect(told.map(({ what }) => what)).toEqual(['saved', 'saved']);
    });

    it('are not made by saving the same again, whatever version is named', async () => {
      await agents.create(anAgent(), UUID);
      await agents.change('guide', anAgent({ prompt: 'B' }));
      expect(await agents.change('guide', anAgent({ prompt: 'B', version: 1 }))).toMatchObject({
        version: 2,
        changed: false,
      });
      expect(told).toHaveLength(2);
    });

    it('are refused when the client does not know the newest one', async () => {
      await agents.create(anAgent(), UUID);
      await agents.change('guide', anAgent({ prompt: 'B', version: 1 }));
      await expect(agents.change('guide', anAgent({ prompt: 'C', version: 1 }))).rejects.toMatchObject({
        code: 'LIBRARY_VERSION_CONFLICT',
        message: expect.stringContaining('its newest version is 2, not 1'),
      });
      expect(await agents.change('guide', anAgent({ prompt: 'C' }))).toMatchObject({ version: 3 });
    });

    it('are all gone when the entry is deleted', async () => {
      await agents.create(anAgent(), UUID);
      await agents.change('guide', anAgent({ prompt: 'B' }));
      await agents.remove('guide');
      await expect(agents.get('guide')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
      await expect(agents.get('guide', 1)).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
      await expect(agents.remove('guide')).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
      expect(told.at(-1)).toEqual({ what: 'removed', kind: 'agent', id: 'guide' });
      expect(await agents.create(anAgent(), UUID)).toMatchObject({ version: 1 });
    });
  });

  describe('ids', () => {
    it('are made up, or chosen once', async () => {
      expect((await agents.create(anAgent({ id: undefined }), UUID)).id).toBe(UUID);
      await agents.create(anAgent(), UUID);
      expect(await agents.create(anAgent(), UUID)).toMatchObject({ id: 'guide', version: 1, changed: false });
      await expect(agents.create(anAgent({ prompt: 'B' }), UUID)).rejects.toMatchObject({
        code: 'LIBRARY_ID_TAKEN',
      });
      await expect(agents.change('guide', anAgent({ id: 'other' }))).rejects.toThrow(ValidationFailedError);
    });

    it.each(['export', 'import', 'try', '.x', 'a/b', 'ü', 'x'.repeat(101)])('%s is refused', async (id) => {
      await expect(agents.create({ ...anAgent(), id }, UUID)).rejects.toThrow(/^body\.id: Value error, must/);
    });

    it('of agents and of teams have nothing to do with each other', async () => {
      await agents.create(anAgent({ id: 'same' }), UUID);
      await teams.create(aTeam({ id: 'same' }), UUID);
      await agents.remove('same');
      expect(await teams.get('same')).toMatchObject({ name: 'A pair', version: 1 });
    });
  });

  it('takes no more entries than a setting allows, but new versions', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await agents.create(anAgent({ id }), UUID);
    }
    await expect(agents.create(anAgent({ id: 'f' }), UUID)).rejects.toMatchObject({ code: 'LIBRARY_FULL' });
    expect(await agents.change('e', anAgent({ id: 'e', prompt: 'B' }))).toMatchObject({ version: 2 });
    expect(await teams.create(aTeam(), UUID)).toMatchObject({ version: 1 });
  });

  describe('lists', () => {
    it('show what was changed last first, page by page, with what is built in at the end', async () => {
      for (const id of ['a', 'b', 'c']) {
        await teams.create(aTeam({ id, description: `Team ${id}` }), UUID);
      }
      const all = (await teams.list({})).entries;
      expect(all.slice(0, 3).map(({ id, description }) => [id, description])).toEqual(
        expect.arrayContaining([
          ['a', 'Team a'],
          ['b', 'Team b'],
          ['c', 'Team c'],
        ]),
      );
      expect(all.slice(3).every(({ built_in }) => built_in)).toBe(true);
      const paged: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await teams.list({ limit: 2, cursor });
        expect(page.entries.length).toBeLessThanOrEqual(2);
        paged.push(...page.entries.map(({ id }) => id));
        cursor = page.next_cursor ?? null;
      }
      expect(paged).toEqual(all.map(({ id }) => id));
    });

    it('are narrowed down by model and time', async () => {
      await agents.create(anAgent({ id: 'a', model: 'm' }), UUID);
      await agents.create(anAgent({ id: 'b', model: 'other:1b' }), UUID);
      await agents.create(anAgent({ id: 'c' }), UUID);
      const team = { type: 'round_robin', participants: ['X'], max_turns: 1 };
      await teams.create(aTeam({ agents: [{ name: 'X', prompt: 'P', model: 'm:latest' }], team }), UUID);
      const ids = (page: { entries: readonly { id: string }[] }) => page.entries.map(({ id }) => id);
      expect(ids(await agents.list({ model: 'm' }))).toEqual(['a']);
      expect(ids(await teams.list({ model: 'M:latest' }))).toEqual(['pair']);
      expect(ids(await teams.list({ from: '2025-06-01T00:00:00.000Z' }))).toEqual(['pair']);
      expect(ids(await teams.list({ to: '2025-06-01T00:00:00.000Z' })).length).toBeGreaterThanOrEqual(10);
    });
  });

  describe('teams', () => {
    it('are kept with the defaults of their rules', async () => {
      const { definition } = await teams.create(aTeam({ stop: { type: 'stall' } }), UUID);
      expect(definition.stop).toEqual({ type: 'stall', turns: 3, similarity: 0.9 });
      expect(definition.agents).toEqual([
        { name: 'Guide', prompt: 'You guide.' },
        { name: 'Critic', prompt: 'You criticise.' },
      ]);
    });

    it('may refer to saved agents, which have to be there', async () => {
      const agentList = [
        { ref: 'agents/guide', temperature: 0.2 },
        { name: 'Critic', prompt: 'P' },
      ];
      await expect(teams.create(aTeam({ agents: agentList }), UUID)).rejects.toMatchObject({
        code: 'AGENT_NOT_FOUND',
        message: "body.agents.0.ref: The library has no agent 'guide'.",
      });
      await agents.create(anAgent(), UUID);
      expect((await teams.create(aTeam({ agents: agentList }), UUID)).definition.agents[0]).toEqual(
        agentList[0],
      );
      await expect(
        teams.change('pair', aTeam({ agents: [{ ref: 'agents/guide', version: 2 }] })),
      ).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
    });

    it.each<[object, string]>([
      [{ agents: [{ name: 'A' }] }, 'body.agents.0.prompt: Field required'],
      [{ agents: [{ name: 'A', prompt: 'P', promt: 'x' }] }, "body.agents.0.promt: unknown field 'promt'"],
      [{ agents: [{ ref: 'teams/x' }] }, 'body.agents.0.ref: Value error, must be "agents/<id>"'],
      [{ agents: [{ ref: 3 }] }, 'body.agents.0.ref: Value error, must be "agents/<id>"'],
      [
        { agents: [{ ref: 'agents/x', version: 0 }] },
        'body.agents.0.version: Value error, must be the number',
      ],
      [
        { agents: [{ name: 'A', prompt: 'x'.repeat(1001) }] },
        'body.agents.0.prompt: String should have at most 1000',
      ],
      [{ agents: Array.from({ length: 4 }, () => ({})) }, 'body.agents: List should have at most 3 items'],
      [{ name: 'x'.repeat(101) }, 'body.name: String should have at most 100'],
    ])('%j is refused: %s', async (changes, message) => {
      await expect(teams.create(aTeam(changes), UUID)).rejects.toThrow(message);
    });

    it('have agents with names that can be told apart', async () => {
      const two = [
        { name: 'Guide', prompt: 'P' },
        { name: 'GUIDE', prompt: 'P' },
      ];
      await expect(teams.create(aTeam({ agents: two }), UUID)).rejects.toMatchObject({
        code: 'DUPLICATE_AGENT_NAME',
      });
    });

    it('have rules that fit their agents', async () => {
      const team = { type: 'round_robin', participants: ['Guide', 'Critik'], max_turns: 1 };
      await expect(teams.create(aTeam({ team }), UUID)).rejects.toThrow(
        "body.team.participants.1: 'Critik' is no agent of this request; did you mean 'Critic'?",
      );
    });

    it.each(BUILT_IN_TEAMS.map(({ id, definition }) => [id, definition] as const))(
      '%s, which comes with the product, passes every check and names no model',
      async (id, definition) => {
        const relaxed = new TeamLibrary(store, new LibraryChanges(), agents, loadSettings({}));
        const request = validateRequest({ ...definition, id: 'copy' }, SaveTeamRequest, 'body');
        expect((await relaxed.create(request, UUID)).definition).toEqual(definition);
        expect(JSON.stringify(definition)).not.toContain('model');
        expect(id).toMatch(/^[a-z-]+$/);
      },
    );

    it('that are built in are read like others, but never changed', async () => {
      expect(await teams.get('debate-two-sides')).toMatchObject({ built_in: true, version: 1 });
      await expect(teams.get('debate-two-sides', 2)).rejects.toMatchObject({ code: 'TEAM_NOT_FOUND' });
      const own = aTeam({ id: 'debate-two-sides' });
      for (const attempt of [
        teams.create(own, UUID),
        teams.change('debate-two-sides', own),
        teams.remove('debate-two-sides'),
      ]) {
        await expect(attempt).rejects.toMatchObject({ code: 'LIBRARY_ENTRY_BUILT_IN' });
      }
      expect((await teams.versions('debate-two-sides', {})).versions).toHaveLength(1);
    });
  });

  describe('export and import', () => {
    it('bring the same entries to another library', async () => {
      await agents.create(anAgent({ model: 'm' }), UUID);
      await agents.create(anAgent({ id: 'b', name: 'B' }), UUID);
      const file = await text(agents.exported());
      await agents.remove('guide');
      await agents.change('b', anAgent({ id: 'b', name: 'C' }));
      const report = await agents.import(file, UUID);
      expect(report).toMatchObject({ saved: 2, unchanged: 0, refused: 0 });
      expect(await agents.get('guide')).toMatchObject({ version: 1, definition: { model: 'm' } });
      expect(await agents.get('b')).toMatchObject({ version: 3, name: 'B' });
      expect(await agents.import(file, UUID)).toMatchObject({ saved: 0, unchanged: 2 });
      expect(await text(agents.exported('b'))).toMatchObject({ agents: [{ id: 'b', name: 'B' }] });
      await expect(text(agents.exported('b,nobody'))).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' });
    });

    it('give back a built-in team that is asked for, to be saved under another id', async () => {
      const file = (await text(teams.exported('debate-two-sides'))) as { teams: [{ id: string }] };
      const [team] = file.teams;
      expect(await teams.import({ teams: [team, { ...team, id: 'mine' }] }, UUID)).toMatchObject({
        items: [
          { index: 0, status: 'refused', code: 'LIBRARY_ENTRY_BUILT_IN' },
          { index: 1, status: 'saved', id: 'mine' },
        ],
      });
      expect(await text(teams.exported())).toMatchObject({ teams: [{ id: 'mine' }] });
    });

    it('refuse each wrong entry on its own, and make up the same ids each time', async () => {
      const wrong = {
        agents: [{ name: 'A', prompt: 'P' }, 3, { name: 'no name', prompt: 'P' }, { name: 'B' }],
      };
      const report = await agents.import(wrong, UUID);
      expect(report).toMatchObject({
        saved: 1,
        refused: 3,
        items: [
          { status: 'saved', version: 1 },
          { code: 'VALIDATION_FAILED', detail: [{ loc: ['body', 'agents', 1] }] },
          { code: 'INVALID_AGENT_NAME' },
          { code: 'VALIDATION_FAILED', detail: [{ loc: ['body', 'agents', 3, 'prompt'], type: 'missing' }] },
        ],
      });
      expect(await agents.import(wrong, UUID)).toMatchObject({
        unchanged: 1,
        items: [{ id: report.items[0]?.id }, {}, {}, {}],
      });
    });

    it.each([[{}], [{ agents: {} }], [3], [{ agents: Array.from({ length: 6 }, () => ({})) }]])(
      '%j is no import',
      async (body) => {
        await expect(agents.import(body, UUID)).rejects.toThrow(ValidationFailedError);
      },
    );
  });
});
