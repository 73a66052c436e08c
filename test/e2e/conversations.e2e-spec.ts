import { type Conversation } from '../../src/conversations/conversation.dto';
import {
  type ConversationList,
  type MessagePage,
} from '../../src/conversations/dto/conversation-answers.dto';
import { aConversation, aMessage, anAgent, anExperiment } from '../support/factories';
import { send } from '../support/raw-http';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('conversations', () => {
  const server = withServer();

  const call = (method: string, path: string, body?: unknown) =>
    server.api.call<Record<string, unknown>>(method, `/api/conversations${path}`, body);
  const save = async (changes: Record<string, unknown> = {}) => {
    const { status, body } = await call('POST', '', aConversation(changes));
    expect(status).toBe(200);
    return String(body['id']);
  };
  const get = async (id: string): Promise<Conversation> =>
    (await server.api.get<Conversation>(`/api/conversations/${encodeURIComponent(id)}`)).body;
  const list = async (query = ''): Promise<ConversationList> =>
    (await server.api.get<ConversationList>(`/api/conversations${query}`)).body;
  const ids = async (query = '') => (await list(query)).conversations.map(({ id }) => id);
  const runs = async (id: string, query = ''): Promise<ConversationList> =>
    (await server.api.get<ConversationList>(`/api/conversations/experiment/${id}${query}`)).body;
  /** Follows the cursors and gives the ids of each page. */
  const pages = async (path: string, limit: number): Promise<string[][]> => {
    const found: string[][] = [];
    for (let cursor: string | null | undefined = ''; typeof cursor === 'string';) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await server.api.get<ConversationList>(
        `/api/conversations${path}limit=${limit}${query}`,
      );
      found.push(body.conversations.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    return found;
  };

  afterEach(async () => {
    for (const id of await ids()) {
      await call('DELETE', `/${encodeURIComponent(id)}`);
    }
  });

  describe('saved by a client', () => {
    it('are saved, read, changed, listed and deleted as the dashboard does it', async () => {
      expect((await call('GET', '/conv-1')).status).toBe(404);
      const sent = aConversation();
      expect((await call('POST', '', sent)).body).toEqual({ message: 'Conversation saved', id: 'conv-1' });
      const stored = {
        ...sent,
        experiment_id: null,
        experimentId: null,
        iteration: null,
        state: 'completed',
        endReason: null,
        errorCode: null,
        error: null,
      };
      expect((await call('GET', '/conv-1')).body).toEqual(stored);
      expect((await list()).conversations).toEqual([stored]);

      const messages = [aMessage(1, { content: 'Another text' }), aMessage(2), aMessage(3)];
      const renamed = { ...sent, title: 'New', messages };
      expect((await call('PUT', '/conv-1', renamed)).body).toEqual({
        message: 'Conversation updated',
        id: 'conv-1',
      });
      expect(await get('conv-1')).toEqual({ ...stored, title: 'New', messages });

      expect((await call('DELETE', '/conv-1')).body).toEqual({ message: 'Conversation deleted' });
      expect(await call('GET', '/conv-1')).toMatchObject({
        status: 404,
        body: { error: 'NOT_FOUND', code: 'CONVERSATION_NOT_FOUND', details: { resource_id: 'conv-1' } },
      });
      expect((await call('PUT', '/conv-1', sent)).status).toBe(404);
      expect((await call('DELETE', '/conv-1')).status).toBe(404);
      expect(await list()).toEqual({ conversations: [] });
    });

    it('get what their clients leave out', async () => {
      const id = await save({ id: '', importedAt: undefined, source: undefined });
      expect(id).toMatch(/^[\da-f-]{36}$/);
      expect(await get(id)).toMatchObject({ id, importedAt: NOW, source: 'import' });
      const other = await save({
        id: undefined,
        messages: [{ ...aMessage(1), model: undefined }],
        agents: [],
      });
      expect(await get(other)).toMatchObject({ agents: [], messages: [{ id: 'm1', model: null }] });
    });

    it('have a title, whatever their clients say', async () => {
      await save({ id: 'untitled', title: ' ' });
      expect((await get('untitled')).title).toBe('Imported conversation');
      await call('PUT', '/untitled', { title: 'Mine' });
      expect((await call('PUT', '/untitled', { title: '' })).status).toBe(200);
      expect((await get('untitled')).title).toBe('Mine');
    });

    it('keep texts in the place of times, but for the one that they are listed by', async () => {
      const times = { createdAt: 'one evening', importedAt: 'just now' };
      const [message] = aConversation().messages;
      await save({ id: 'timeless', ...times, messages: [{ ...message, timestamp: '10 o’clock' }] });
      const saved = await get('timeless');
      expect(saved).toMatchObject({ createdAt: 'one evening', messages: [{ timestamp: '10 o’clock' }] });
      expect(Date.parse(String(saved.importedAt))).toBeGreaterThan(Date.now() - 60_000);
      expect((await call('PUT', '/timeless', { importedAt: 'later' })).status).toBe(200);
      expect((await get('timeless')).importedAt).toBe(saved.importedAt);
    });

    it('are replaced as a whole when they are saved again', async () => {
      await save();
      await save({ title: 'Again', messages: [aMessage(3)], agents: [], source: 'lab' });
      expect(await get('conv-1')).toMatchObject({
        title: 'Again',
        agents: [],
        messages: [aMessage(3)],
        source: 'lab',
      });
      expect(await ids()).toEqual(['conv-1']);
    });

    it('keep everything that a change does not name, in either spelling', async () => {
      await save();
      const before = await get('conv-1');
      const change = {
        id: 'other',
        experiment_id: 'x',
        nonsense: { deep: [1] },
        created_at: '2020-01-01T00:00:00Z',
        agents: [{ ...before.agents[0], original_name: 'Before', originalName: undefined }],
      };
      expect((await call('PUT', '/conv-1', change)).status).toBe(200);
      expect(await get('conv-1')).toEqual({
        ...before,
        createdAt: '2020-01-01T00:00:00.000Z',
        agents: [{ ...before.agents[0], originalName: 'Before' }],
      });
      expect((await call('PUT', '/conv-1', {})).status).toBe(200);
      await call('PUT', '/conv-1', { messages: [{ ...aMessage(1), agentId: undefined, agent_id: 'a2' }] });
      expect((await get('conv-1')).messages).toEqual([{ ...aMessage(1), agentId: 'a2' }]);
    });

    it('are listed newest import first, all of them or those of a source', async () => {
      await save({ id: 'old', importedAt: '2026-01-01T00:00:00Z', source: 'lab' });
      await save({ id: 'new', importedAt: '2026-03-01T00:00:00+02:00' });
      await save({ id: 'middle', importedAt: '2026-02-01T00:00:00Z' });
      expect(await ids()).toEqual(['new', 'middle', 'old']);
      expect(await ids('?source=import')).toEqual(['new', 'middle']);
      expect(await ids('?source=lab')).toEqual(['old']);
      expect(await list('?source=experiment')).toEqual({ conversations: [] });
      expect(await list('?source=nobody')).toEqual({ conversations: [] });
    });

    it('are listed in pages that neither repeat nor miss any, although others come and go', async () => {
      const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
      for (let number = 0; number < 7; number++) {
        // Some share a time.
        await save({ id: `c${number}`, importedAt: at(number - (number % 2)), messages: [] });
      }
      const all = await ids();
      expect(all).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
      for (const limit of [1, 2, 3, 7, 1_000]) {
        const found = await pages('?', limit);
        expect(found.flat()).toEqual(all);
        expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      }
      const first = await list('?limit=3');
      await save({ id: 'newest', importedAt: at(20), messages: [] });
      await call('DELETE', '/c4');
      const rest = await list(`?cursor=${first.nextCursor}`);
      expect(rest.conversations.map(({ id }) => id)).toEqual(['c3', 'c2', 'c1', 'c0']);
      expect(rest.nextCursor).toBeNull();
    });

    it('are found by model and by the time of their import', async () => {
      await save({ id: 'a', importedAt: '2026-01-01T00:00:00Z' });
      const agents = [{ id: 'x', name: 'X', color: '', model: 'tiny:latest' }];
      await save({ id: 'b', importedAt: '2026-01-02T00:00:00Z', agents });
      expect(await ids('?model=qwen3:8b')).toEqual(['a']);
      expect(await ids('?model=Qwen3:8B')).toEqual(['a']);
      expect(await ids('?model=tiny')).toEqual(['b']);
      expect(await ids('?model=tiny:latest&limit=1')).toEqual(['b']);
      expect(await ids('?model=tin')).toEqual([]);
      expect(await ids('?from=2026-01-02T00:00:00Z')).toEqual(['b']);
      expect(await ids('?to=2026-01-02T00:00:00Z')).toEqual(['a']);
      expect(await ids('?from=2026-01-01&to=2026-01-03')).toEqual(['b', 'a']);
    });

    it.each([
      '../../etc/passwd',
      'a/b/c',
      '/leading',
      'double//slash',
      'storage/info',
      'experiment/x',
      'import',
      'x/messages',
      'x/export',
      'ünï cödé 😀',
      '%2F',
      'a?b#c',
      'a+b&c=d',
      ' blanks ',
      '__proto__',
      'CON',
      `'; DROP TABLE conversations; --`,
      'x'.repeat(500),
    ])('can have the id %s', async (id) => {
      expect(await save({ id })).toBe(id);
      expect((await get(id)).id).toBe(id);
      const path = `/${encodeURIComponent(id)}`;
      expect((await call('PUT', path, { title: 'Found' })).body['id']).toBe(id);
      const page = await server.api.get<MessagePage>(`/api/conversations${path}/messages`);
      expect(page.body.lastSeq).toBe(2);
      expect((await call('GET', `${path}/export`)).body).toMatchObject({ id, title: 'Found' });
      expect((await list()).conversations).toMatchObject([{ id, title: 'Found' }]);
      expect((await call('DELETE', path)).status).toBe(200);
    });

    it.each(['.', '..'])(
      'can have the id %s, as long as the client does not tidy up its path',
      async (id) => {
        await save({ id });
        const path = `/api/conversations/${encodeURIComponent(id)}`;
        expect(await send(server.url, { path })).toMatchObject({ status: 200, json: { id } });
        expect((await send(server.url, { method: 'DELETE', path })).status).toBe(200);
      },
    );

    it.each(['a/b', 'a/b c/d', 'ü/😀', 'x/storage/info', 'exp/1_2'])(
      'are found when the dashboard puts the id %s into the path as it is',
      async (id) => {
        await save({ id });
        const response = await fetch(`${server.url}/api/conversations/${id}`);
        expect(await response.json()).toMatchObject({ id });
      },
    );

    it('are read in pages of messages', async () => {
      await save({ messages: Array.from({ length: 5 }, (_, index) => aMessage(index + 1)) });
      const read = async (query: string) =>
        (await server.api.get<MessagePage>(`/api/conversations/conv-1/messages${query}`)).body;
      const all = Array.from({ length: 5 }, (_, index) => ({ seq: index + 1, ...aMessage(index + 1) }));
      expect(await read('')).toEqual({ messages: all, lastSeq: 5 });
      expect(await read('?after_seq=2&limit=2')).toEqual({ messages: all.slice(2, 4), lastSeq: 5 });
      expect(await read('?after_seq=5')).toEqual({ messages: [], lastSeq: 5 });
      expect((await call('GET', '/nobody/messages')).body).toMatchObject({ code: 'CONVERSATION_NOT_FOUND' });
    });

    it('may be long: what the default of the framework would refuse is kept', async () => {
      const messages = [aMessage(1, { content: '😀'.repeat(500_000) })];
      await save({ messages });
      expect((await get('conv-1')).messages).toEqual(messages);
    });
  });

  describe('of experiments', () => {
    const three = () =>
      anExperiment({ iterations: 11, agents: [anAgent('Solo')], chat_rules: { max_rounds: 1 } });

    it('are listed in the order of their numbers, with both spellings of the experiment', async () => {
      const { experiment } = await server.run(three());
      const { experiment_id: id } = experiment;
      const { conversations } = await runs(id);
      expect(conversations.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(conversations).toEqual(
        experiment.conversations.map((run) => ({ ...run, experimentId: id, experiment_id: id })),
      );
      expect(await get(`${id}_10`)).toEqual(conversations[9]);
      expect(await ids()).toEqual([]);
      expect(await pages(`/experiment/${id}?`, 4)).toEqual([
        [1, 2, 3, 4].map((number) => `${id}_${number}`),
        [5, 6, 7, 8].map((number) => `${id}_${number}`),
        [9, 10, 11].map((number) => `${id}_${number}`),
      ]);
      const count = async (query: string) => (await runs(id, query)).conversations.length;
      expect(await count('?status=completed')).toBe(11);
      expect(await count('?status=error')).toBe(0);
      expect(await count('?model=llama3.2:3b&limit=5')).toBe(5);
      expect(await count('?model=other')).toBe(0);
      expect(await count(`?from=${conversations[5]?.createdAt}`)).toBeLessThanOrEqual(6);
      expect(await count('?to=2020-01-01')).toBe(0);
      expect(await runs('nobody')).toEqual({ conversations: [] });
    });

    it('are listed while the experiment runs as far as they are finished, and read at any time', async () => {
      await server.simulator.control('hold', { afterTokens: 1, match: { contains: 'Two.' } });
      const datasetItems = ['One.', 'Two.', 'Three.'].map((task) => ({ task }));
      const task = { id: 't', prompt: 'Items', datasetItems };
      const id = await server.api.start(anExperiment({ task, agents: [anAgent('Solo')] }));
      await server.simulator.waitUntil('heldChats', 1);
      const { conversations } = await runs(id);
      expect(conversations.map(({ iteration }) => iteration)).toEqual([1]);
      expect(await runs(id, '?limit=5')).toEqual({ conversations, nextCursor: null });
      expect(await runs(id, '?status=error')).toEqual({ conversations: [] });
      const open = await get(`${id}_2`);
      expect(open).toMatchObject({ state: 'running', iteration: 2, messages: [{ content: 'Two.' }] });
      await server.simulator.reset();
      await server.untilOver(id);
      expect((await runs(id)).conversations.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    });

    it('get other titles, and nothing else', async () => {
      const { experiment } = await server.run(anExperiment());
      const id = `${experiment.experiment_id}_1`;
      const before = await get(id);
      const change = {
        ...before,
        title: 'Mine',
        messages: [],
        agents: 5,
        createdAt: 'x',
        source: 'experiment',
      };
      expect((await call('PUT', `/${id}`, change)).body).toEqual({ message: 'Conversation updated', id });
      expect(await get(id)).toEqual({ ...before, title: 'Mine' });
      expect((await server.api.experiment(experiment.experiment_id)).conversations[0]?.title).toBe('Mine');
      expect((await server.api.experiment(experiment.experiment_id)).title).toBe(experiment.title);
      expect(await ids()).toEqual([]);
      expect((await call('PUT', `/${id}`, { title: ' ' })).status).toBe(422);
      expect((await call('PUT', `/${id}`, { title: 'x'.repeat(501) })).status).toBe(422);
      expect((await call('PUT', `/${experiment.experiment_id}_2`, { title: 'x' })).status).toBe(404);
    });

    it('CONVERSATION_IS_RUN: can be neither replaced nor deleted, nor can those that may come', async () => {
      const { experiment } = await server.run(anExperiment());
      const { experiment_id: id } = experiment;
      const refused = { status: 400, body: { error: 'CONVERSATION_ERROR', code: 'CONVERSATION_IS_RUN' } };
      for (const run of [`${id}_1`, `${id}_7`]) {
        expect(await call('POST', '', aConversation({ id: run }))).toMatchObject(refused);
      }
      expect(await call('DELETE', `/${id}_1`)).toMatchObject(refused);
      expect((await call('DELETE', `/${id}_7`)).status).toBe(404);
      expect((await get(`${id}_1`)).messages).toHaveLength(3);
      // Ids that only look alike are free.
      await save({ id: 'nobody_1' });
      await server.api.delete(`/api/experiments/${id}`);
      expect((await call('GET', `/${id}_1`)).status).toBe(404);
      await save({ id: `${id}_1` });
      expect(await ids('?limit=5')).toHaveLength(2);
    });

    it('are counted truly', async () => {
      const count = async () => (await call('GET', '/storage/info')).body;
      const before = await count();
      await server.run(three());
      await save();
      const change = (key: string, by: number) => [key, Number(before[key]) + by];
      expect(await count()).toEqual({
        ...Object.fromEntries([
          change('experiment_count', 1),
          change('conversation_count', 11),
          change('imported_conversation_count', 1),
          change('total_conversation_count', 12),
        ]),
        data_directory: server.dataDirectory,
        imported_directory: server.dataDirectory,
      });
    });
  });

  it('SOURCE_RESERVED: the source of experiments cannot be claimed', async () => {
    const refused = { status: 400, body: { error: 'CONVERSATION_ERROR', code: 'SOURCE_RESERVED' } };
    expect(await call('POST', '', aConversation({ source: 'experiment' }))).toMatchObject(refused);
    await save();
    expect(await call('PUT', '/conv-1', { source: 'experiment' })).toMatchObject(refused);
    expect((await get('conv-1')).source).toBe('import');
  });

  describe('the gateway', () => {
    const watch = async () => {
      const watcher = await SocketWatcher.connect(server.url, {}, '/conversations');
      expect(await watcher.emit('subscribe', {})).toEqual({ ok: true });
      return watcher;
    };

    it('tells every watcher what is stored already, until it has heard enough', async () => {
      const watchers = await Promise.all([watch(), watch()]);
      const { experiment } = await server.run(anExperiment());
      const run = `${experiment.experiment_id}_1`;
      await save();
      await call('PUT', '/conv-1', { title: 'New' });
      await call('POST', '/import', { id: 'conv-2', title: 'Imported', messages: [] });
      await call('PUT', `/${run}`, { title: 'Mine' });
      await call('PUT', `/${run}`, { title: 'Mine' });
      await call('PUT', `/${run}`, {});
      await call('DELETE', '/conv-1');
      const summary = {
        id: 'conv-1',
        title: 'Two views of Lisbon',
        source: 'import',
        importedAt: '2026-01-23T08:00:00.000Z',
        createdAt: '2026-01-22T19:05:22.000Z',
        messageCount: 2,
        experimentId: null,
        iteration: null,
      };
      const expected = [
        { name: 'conversation.saved', payload: summary },
        { name: 'conversation.updated', payload: { ...summary, title: 'New' } },
        {
          name: 'conversation.imported',
          payload: expect.objectContaining({ id: 'conv-2', messageCount: 0 }),
        },
        {
          name: 'conversation.updated',
          payload: expect.objectContaining({
            id: run,
            title: 'Mine',
            experimentId: experiment.experiment_id,
            iteration: 1,
            messageCount: 3,
          }),
        },
        { name: 'conversation.deleted', payload: { ...summary, title: 'New' } },
      ];
      for (const watcher of watchers) {
        await watcher.waitFor('conversation.deleted');
        expect(watcher.received.all).toEqual(expected);
      }

      const [gone, stays] = watchers;
      expect(await gone?.emit('unsubscribe', {})).toEqual({ ok: true });
      await save();
      await stays?.waitFor('conversation.saved', ({ id }) => id === 'conv-1');
      await call('DELETE', '/conv-1');
      await stays?.waitFor('conversation.deleted');
      expect(gone?.received.all).toEqual(expected);
      expect(await stays?.emit('nonsense', {})).toMatchObject({ error: { code: 'UNKNOWN_EVENT' } });
      watchers.forEach((watcher) => watcher.close());
    });

    it('can be asked by a watcher only after the change is stored', async () => {
      const watcher = await watch();
      const seen: Promise<Conversation>[] = [];
      watcher.socket.on('conversation.saved', ({ id }: { id: string }) => seen.push(get(id)));
      await Promise.all(Array.from({ length: 20 }, (_, index) => save({ id: `c${index}` })));
      await watcher.waitFor('conversation.saved', () => watcher.received.all.length === 20);
      expect((await Promise.all(seen)).every(({ messages }) => messages.length === 2)).toBe(true);
      watcher.close();
    });
  });
});
