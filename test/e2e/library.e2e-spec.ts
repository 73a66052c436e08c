import { type AgentList, type AgentSaved, type SavedAgent } from '../../src/agents/library/agent-answers.dto';
import { type LibraryImportReport } from '../../src/agents/library/library-answers.dto';
import {
  type SavedTeam,
  type TeamList,
  type TeamSaved,
} from '../../src/conversations/library/team-answers.dto';
import { type ExperimentDetail } from '../../src/experiments/dto/experiment-answers.dto';
import { said } from '../support/api';
import { postKeyed } from '../support/keyed-requests';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

const MAX_ENTRIES = 30;
const MODELS = { '*': 'llama3.2:3b' };
const TASK = { id: 't', prompt: 'Plan a trip' };

const GUIDE = { id: 'guide', name: 'Guide', prompt: 'You guide.', model: 'llama3.2:3b' };
const PAIR = {
  id: 'pair',
  name: 'A pair',
  agents: [{ ref: 'agents/guide' }, { name: 'Critic', prompt: 'You criticise.' }],
  team: { type: 'round_robin', participants: ['Guide', 'Critic'], max_turns: 3 },
};

describe('the library', () => {
  const server = withServer({ MAX_LIBRARY_ENTRIES: String(MAX_ENTRIES) });
  const post = <T = Record<string, unknown>>(path: string, body: unknown) => server.api.post<T>(path, body);

  afterEach(async () => {
    const { agents } = (await server.api.get<AgentList>('/api/agents')).body;
    const { teams } = (await server.api.get<TeamList>('/api/teams')).body;
    for (const { id } of agents) {
      await server.api.delete(`/api/agents/${id}`);
    }
    for (const { id } of teams.filter(({ built_in }) => !built_in)) {
      await server.api.delete(`/api/teams/${id}`);
    }
  });

  it('saves, shows, changes and deletes agents', async () => {
    const created = await post<AgentSaved>('/api/agents', GUIDE);
    expect(created).toMatchObject({ status: 200, body: { id: 'guide', version: 1, changed: true } });
    const changed = await server.api.put<AgentSaved>('/api/agents/guide', {
      ...GUIDE,
      prompt: 'B',
      version: 1,
    });
    expect(changed.body).toMatchObject({ version: 2, newest_version: 2 });
    expect((await server.api.get<SavedAgent>('/api/agents/guide')).body.definition.prompt).toBe('B');
    expect((await server.api.get<SavedAgent>('/api/agents/guide?version=1')).body).toMatchObject({
      version: 1,
      newest_version: 2,
      definition: { prompt: 'You guide.' },
    });
    expect((await server.api.get('/api/agents/guide/versions')).body).toMatchObject({
      versions: [{ version: 2 }, { version: 1 }],
      newest_version: 2,
    });
    expect(await server.api.put('/api/agents/guide', { ...GUIDE, prompt: 'C', version: 1 })).toMatchObject({
      status: 409,
      body: { code: 'LIBRARY_VERSION_CONFLICT', detail: expect.stringContaining('newest version is 2') },
    });
    expect(await server.api.delete('/api/agents/guide')).toMatchObject({ status: 200 });
    expect(await server.api.get('/api/agents/guide')).toMatchObject({
      status: 404,
      body: { code: 'AGENT_NOT_FOUND' },
    });
  });

  it('refuses another entry under an id that is taken, and more entries than fit', async () => {
    await post('/api/agents', GUIDE);
    expect(await post('/api/agents', GUIDE)).toMatchObject({ status: 200, body: { changed: false } });
    expect(await post('/api/agents', { ...GUIDE, prompt: 'Another.' })).toMatchObject({
      status: 409,
      body: { code: 'LIBRARY_ID_TAKEN', detail: expect.stringContaining('guide') },
    });
    for (let count = 2; count <= MAX_ENTRIES; count += 1) {
      expect(await post('/api/agents', { ...GUIDE, id: `guide-${count}` })).toMatchObject({ status: 200 });
    }
    expect(await post('/api/agents', { ...GUIDE, id: 'one-more' })).toMatchObject({
      status: 409,
      body: { code: 'LIBRARY_FULL' },
    });
  });

  it('creates an agent once under an Idempotency-Key', async () => {
    const request = { name: 'Guide', prompt: 'P' };
    const first = await postKeyed(server.url, '/api/agents', 'key-1', request);
    const again = await postKeyed(server.url, '/api/agents', 'key-1', request);
    expect(again.json).toEqual(first.json);
    expect((await server.api.get<AgentList>('/api/agents')).body.agents).toHaveLength(1);
  });

  it('lists page by page, with the teams that come with the product last', async () => {
    await post('/api/agents', GUIDE);
    await post('/api/teams', PAIR);
    const all = (await server.api.get<TeamList>('/api/teams')).body;
    expect(all.next_cursor).toBeUndefined();
    expect(all.teams[0]).toMatchObject({ id: 'pair', built_in: false });
    expect(all.teams.filter(({ built_in }) => built_in).length).toBeGreaterThanOrEqual(10);
    const page = (await server.api.get<TeamList>('/api/teams?limit=4')).body;
    const rest = (await server.api.get<TeamList>(`/api/teams?limit=100&cursor=${page.next_cursor}`)).body;
    expect([...page.teams, ...rest.teams]).toEqual(all.teams);
    expect(rest.next_cursor).toBeNull();
  });

  it('exports what another server imports', async () => {
    await post('/api/agents', GUIDE);
    await post('/api/teams', PAIR);
    const file = await server.api.get('/api/teams/export?ids=pair,debate-two-sides');
    expect(file.headers.get('content-disposition')).toContain('teams.json');
    expect(file.body).toMatchObject({
      teams: [{ id: 'pair', agents: PAIR.agents }, { id: 'debate-two-sides' }],
    });
    await server.api.delete('/api/teams/pair');
    const report = await post<LibraryImportReport>('/api/teams/import', file.body);
    expect(report.body).toMatchObject({
      saved: 1,
      refused: 1,
      items: [{ status: 'saved', id: 'pair' }, { code: 'LIBRARY_ENTRY_BUILT_IN' }],
    });
    expect((await server.api.get('/api/agents/export?ids=nobody')).status).toBe(404);
    expect((await server.api.get('/api/agents/export')).body).toMatchObject({ agents: [GUIDE] });
  });

  it('tells of changes after they are stored', async () => {
    const watcher = await SocketWatcher.connect(server.url, {}, '/agents');
    expect(await watcher.emit('subscribe')).toEqual({ ok: true });
    await post('/api/agents', GUIDE);
    await post('/api/agents', GUIDE);
    await server.api.put('/api/agents/guide', { ...GUIDE, prompt: 'B' });
    await post('/api/teams', PAIR);
    await server.api.delete('/api/teams/pair');
    await server.api.delete('/api/agents/guide');
    await watcher.waitFor('agent.removed');
    expect(
      watcher.received.all.map(({ name, payload }) => [name, payload['id'], payload['version']]),
    ).toEqual([
      ['agent.saved', 'guide', 1],
      ['agent.saved', 'guide', 2],
      ['team.saved', 'pair', 1],
      ['team.removed', 'pair', undefined],
      ['agent.removed', 'guide', undefined],
    ]);
    expect(await watcher.emit('unsubscribe')).toEqual({ ok: true });
    watcher.close();
  });

  it('starts experiments of saved teams and agents, which keep what they were made of', async () => {
    await post('/api/agents', GUIDE);
    await post('/api/teams', PAIR);
    const { experiment } = await server.run({
      task: TASK,
      team: { ref: 'teams/pair', max_turns: 2 },
      models: MODELS,
    });
    expect(experiment).toMatchObject({
      status: 'completed',
      library: [
        { ref: 'teams/pair', version: 1 },
        { ref: 'agents/guide', version: 1 },
      ],
      team: { type: 'round_robin', max_turns: 2 },
      agents: [{ name: 'Guide' }, { name: 'Critic', model: 'llama3.2:3b' }],
    });
    expect(said(experiment.conversations[0]).map((line) => line.split(':')[0])).toEqual([
      'agent-2',
      'Guide',
      'Critic',
    ]);
    await server.api.put('/api/agents/guide', { ...GUIDE, prompt: 'New.' });
    await server.api.delete('/api/teams/pair');
    const stored: ExperimentDetail = await server.api.experiment(experiment.experiment_id);
    expect(stored.agents[0]).toMatchObject({ prompt: 'You guide.' });
    const { experiment: alone } = await server.run({ task: TASK, agents: [{ ref: 'agents/guide' }] });
    expect(alone).toMatchObject({
      status: 'completed',
      library: [{ ref: 'agents/guide', version: 2 }],
      agents: [{ id: 'Guide', prompt: 'New.' }],
    });
  });

  it('says what a start request lacks', async () => {
    const start = (body: object) => post('/api/experiments/start', { task: TASK, ...body });
    expect(await start({ team: { ref: 'teams/debate-two-sides' } })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'models'] }, {}, {}] },
    });
    expect(await start({ team: { ref: 'teams/none' }, models: MODELS })).toMatchObject({
      status: 404,
      body: { code: 'TEAM_NOT_FOUND', message: "body.team.ref: The library has no team 'none'." },
    });
    expect(
      await start({ team: { ref: 'teams/debate-two-sides', max_turn: 3 }, models: MODELS }),
    ).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'team', 'max_turn'], type: 'extra_forbidden' }] },
    });
  });

  it('runs every team that comes with the product', async () => {
    const { teams } = (await server.api.get<TeamList>('/api/teams')).body;
    const builtIn = teams.filter(({ built_in }) => built_in);
    for (const { id } of builtIn) {
      const { experiment } = await server.run({ task: TASK, team: { ref: `teams/${id}` }, models: MODELS });
      expect([id, experiment.status, experiment.error]).toEqual([id, 'completed', null]);
      expect(experiment.failed_runs).toBe(0);
    }
    expect(builtIn.length).toBeGreaterThanOrEqual(10);
  });

  it('keeps the teams that come with the product as they are', async () => {
    const copy = (await server.api.get<SavedTeam>('/api/teams/help-desk')).body;
    expect(copy).toMatchObject({ built_in: true, version: 1 });
    for (const { status, body } of [
      await server.api.put('/api/teams/help-desk', copy.definition),
      await server.api.delete('/api/teams/help-desk'),
      await post('/api/teams', { id: 'help-desk', ...copy.definition }),
    ]) {
      expect([status, body]).toMatchObject([409, { code: 'LIBRARY_ENTRY_BUILT_IN' }]);
    }
    expect((await post<TeamSaved>('/api/teams', { id: 'mine', ...copy.definition })).body).toMatchObject({
      id: 'mine',
      changed: true,
    });
  });

  describe('wrong requests', () => {
    it.each<[string, string, unknown, number, string]>([
      ['POST', '/api/agents', {}, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/agents', [], 422, 'VALIDATION_FAILED'],
      ['POST', '/api/agents', { ...GUIDE, id: 'a/b' }, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/agents', { ...GUIDE, promt: 'x' }, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/agents', { ...GUIDE, name: 'user' }, 400, 'INVALID_AGENT_NAME'],
      ['POST', '/api/agents', { ...GUIDE, name: 'x'.repeat(101) }, 422, 'VALIDATION_FAILED'],
      ['PUT', '/api/agents/nobody', GUIDE, 404, 'AGENT_NOT_FOUND'],
      ['PUT', '/api/agents/nobody', undefined, 422, 'VALIDATION_FAILED'],
      ['DELETE', '/api/agents/..%2Fx', undefined, 404, 'AGENT_NOT_FOUND'],
      ['GET', '/api/agents/x?version=0', undefined, 422, 'VALIDATION_FAILED'],
      ['GET', '/api/agents/x?version=1', undefined, 404, 'AGENT_NOT_FOUND'],
      ['GET', '/api/agents/x/versions', undefined, 404, 'AGENT_NOT_FOUND'],
      ['GET', '/api/agents?cursor=x', undefined, 422, 'VALIDATION_FAILED'],
      ['GET', '/api/teams?limit=0', undefined, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/agents/import', {}, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/teams/import', [], 422, 'VALIDATION_FAILED'],
      ['POST', '/api/teams', { ...PAIR, agents: [] }, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/teams', { ...PAIR, agents: [{ ref: 'agents/none' }] }, 404, 'AGENT_NOT_FOUND'],
      ['POST', '/api/teams', { ...PAIR, team: { type: 'ring' } }, 422, 'VALIDATION_FAILED'],
      ['POST', '/api/teams', { ...PAIR, team: null }, 422, 'VALIDATION_FAILED'],
      ['PATCH', '/api/teams/pair', {}, 405, 'METHOD_NOT_ALLOWED'],
    ])('%s %s %j is answered with %i %s', async (method, path, body, status, code) => {
      expect(await server.api.call(method, path, body)).toMatchObject({ status, body: { code } });
    });
  });
});
