import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type Conversation } from '../../src/conversations/conversation.dto';
import { type ImportItem, type ImportReport } from '../../src/conversations/dto/conversation-answers.dto';
import { outcome } from '../support/error-shape';
import { aConversation, aMessage, anExperiment } from '../support/factories';
import { folderChange } from '../support/folder-change';
import { aForm, type FormFile } from '../support/forms';
import { type RawAnswer, type RawRequest, send } from '../support/raw-http';
import { type ServerProcess, startServerProcess } from '../support/server-process';
import { type Simulator, startSimulator } from '../support/simulator';
import { temporaryFolder } from '../support/test-app';
import { finished } from '../support/with-server';

const PATH = '/api/conversations/import';

/** What became of each item, in one line: `saved conv-1 2`, `refused VALIDATION_FAILED [missing body.1.messages]`. */
function outcomes({ json }: RawAnswer): string[] {
  return (json as ImportReport).items.map(
    ({ file, index, status, id, messageCount, code, detail }: ImportItem) => {
      const place = `${file ?? '-'} ${index ?? '-'} ${status}`;
      const problems = detail?.map(({ type, loc }) => `${type} ${loc.join('.')}`).join(', ');
      return status === 'saved' ? `${place} ${id} ${messageCount}` : `${place} ${code} [${problems}]`;
    },
  );
}

describe('importing conversations', () => {
  /** The server writes what it receives below this folder. */
  const uploads = temporaryFolder();
  let simulator: Simulator;
  let server: ServerProcess;

  beforeAll(async () => {
    simulator = await startSimulator();
    server = await startServerProcess(simulator.url, { TMPDIR: uploads });
  });
  afterEach(async () => {
    expect(readdirSync(uploads)).toEqual([]);
    expect(server.complaint()).toBeNull();
    const { body } = await server.api.get<{ conversations: Conversation[] }>('/api/conversations');
    for (const { id } of body.conversations) {
      await server.api.delete(`/api/conversations/${encodeURIComponent(id)}`);
    }
  });
  afterAll(async () => {
    await server.close();
    await simulator.stop();
    rmSync(uploads, { recursive: true, force: true });
  });

  const run = async () => finished(server, await server.api.start(anExperiment()));
  const post = (change: Omit<RawRequest, 'path'>) =>
    send(server.url, { method: 'POST', path: PATH, ...change });
  const importForm = (...files: FormFile[]) => post(aForm(...files));
  const importJson = (value: unknown) => post({ body: JSON.stringify(value) });
  const get = async (id: string) =>
    (await server.api.get<Conversation>(`/api/conversations/${encodeURIComponent(id)}`)).body;
  const exported = async (id: string, format = 'json') =>
    send(server.url, { path: `/api/conversations/${encodeURIComponent(id)}/export?format=${format}` });

  it('takes a conversation, a list of them, and files with either', async () => {
    expect(outcomes(await importJson(aConversation({ id: 'a' })))).toEqual(['- - saved a 2']);
    expect(outcomes(await importJson([aConversation({ id: 'b' }), aConversation({ id: 'c' })]))).toEqual([
      '- 0 saved b 2',
      '- 1 saved c 2',
    ]);
    const answer = await importForm(
      { name: 'one.json', content: JSON.stringify(aConversation({ id: 'd' })) },
      { name: 'ünï 😀.json', content: JSON.stringify([aConversation({ id: 'e' })]) },
    );
    expect(answer.json).toMatchObject({ imported: 2, refused: 0 });
    expect(outcomes(answer)).toEqual(['one.json - saved d 2', 'ünï 😀.json 0 saved e 2']);
    const { id: _id, ...rest } = aConversation();
    expect(await get('e')).toMatchObject({ id: 'e', ...rest });
  });

  it('makes agents of the names at the messages, and shows messages of nobody too', async () => {
    const messages = [
      { agent: { name: 'Ann', model: 'm:1b' }, content: 'One' },
      { agent: { name: 'Bob' }, message: 'Two', timestamp: '2026-01-22T19:05:23Z' },
      { content: 'Three' },
    ];
    const [item] = ((await importJson({ title: 'B', messages })).json as ImportReport).items;
    const stored = await get(item?.id ?? '');
    expect(stored).toMatchObject({
      title: 'B',
      source: 'import',
      agents: [
        { id: 'agent-0', name: 'Ann', model: 'm:1b' },
        { id: 'agent-1', name: 'Bob', model: '' },
        { id: 'unknown' },
      ],
      messages: [
        { id: 'msg-0', agentId: 'agent-0', content: 'One', timestamp: stored.createdAt, model: 'm:1b' },
        { id: 'msg-1', agentId: 'agent-1', content: 'Two', timestamp: '2026-01-22T19:05:23.000Z' },
        { id: 'msg-2', agentId: 'unknown', content: 'Three' },
      ],
    });
    expect(new Set(stored.agents.map(({ color }) => color)).size).toBe(3);
  });

  it('replaces a conversation with the same id, and keeps messages whose ids are the same', async () => {
    await importJson(aConversation());
    await importJson(aConversation({ title: 'Again', messages: [aMessage(1), aMessage(1)] }));
    expect(await get('conv-1')).toMatchObject({ title: 'Again', messages: [aMessage(1), aMessage(1)] });
  });

  it('saves what is right in a list and says what is wrong with the rest', async () => {
    const { experiment } = await run();
    const answer = await importJson([
      aConversation({ id: 'first' }),
      5,
      null,
      [aConversation()],
      { title: 'no messages' },
      aConversation({ messages: [aMessage(1), { agentId: 'a1' }, aMessage(2, { content: 3 }), 'x'] }),
      aConversation({ source: 'experiment' }),
      aConversation({ id: `${experiment.experiment_id}_1` }),
      aConversation({ createdAt: 5, agents: [{ id: 'a1', name: 'A' }] }),
      aConversation({ id: 'last' }),
    ]);
    expect(outcomes(answer)).toEqual([
      '- 0 saved first 2',
      '- 1 refused VALIDATION_FAILED [dict_type body.1]',
      '- 2 refused VALIDATION_FAILED [dict_type body.2]',
      '- 3 refused VALIDATION_FAILED [dict_type body.3]',
      '- 4 refused VALIDATION_FAILED [missing body.4.messages]',
      '- 5 refused VALIDATION_FAILED [missing body.5.messages.1.content, string_type body.5.messages.2.content, dict_type body.5.messages.3]',
      '- 6 refused SOURCE_RESERVED [value_error body.6.source]',
      '- 7 refused CONVERSATION_IS_RUN [value_error body.7.id]',
      '- 8 refused VALIDATION_FAILED [missing body.8.agents.0.color, missing body.8.agents.0.model, string_type body.8.createdAt]',
      '- 9 saved last 2',
    ]);
    expect(answer.json).toMatchObject({ imported: 2, refused: 8 });
  });

  const good = JSON.stringify(aConversation({ id: 'good' }));
  const deep = (depth: number) =>
    `{"messages":[{"content":"x","extra":${'['.repeat(depth)}${']'.repeat(depth)}}]}`;

  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'INVALID_JSON [json_invalid body.0]'],
    ['blanks', ' \n ', 'INVALID_JSON [json_invalid body.3]'],
    ['half a file', good.slice(0, 200), 'INVALID_JSON [json_invalid body.200]'],
    ['half a list', `[${good},`, `INVALID_JSON [json_invalid body.${good.length + 2}]`],
    ['no JSON', 'id,title\n1,x\n', 'INVALID_JSON [json_invalid body.0]'],
    ['two values', `${good}\n${good}`, `INVALID_JSON [json_invalid body.${good.length + 1}]`],
    ['a comma too many', '[{"messages":[]},]', 'INVALID_JSON [json_invalid body.17]'],
    ['a message that is no JSON', '{"messages":[{"content":x}]}', 'INVALID_JSON [json_invalid body.13]'],
    ['single quotes', "{'messages':[]}", 'INVALID_JSON [json_invalid body.1]'],
    ['a byte order mark', `\ufeff${good}`, 'INVALID_JSON [json_invalid body.0]'],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), 'INVALID_JSON [json_invalid body.0]'],
    ['Latin-1', Buffer.from('{"title":"für","messages":[]}', 'latin1'), 'INVALID_JSON [json_invalid body.0]'],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), 'INVALID_JSON [json_invalid body.0]'],
    ['a number', '5', 'VALIDATION_FAILED [dict_type body]'],
    ['a text', '"text"', 'VALIDATION_FAILED [dict_type body]'],
    ['an empty list', '[]', 'VALIDATION_FAILED [value_error body]'],
    ['too deep nesting', deep(40), 'VALIDATION_FAILED [value_error body.messages.0]'],
    ['absurd nesting', deep(1_000_000), 'VALIDATION_FAILED [value_error body.messages.0]'],
    ['deep brackets', '['.repeat(1_000_000), 'INVALID_JSON [json_invalid body.1000000]'],
    [
      'NUL',
      '{"messages":[{"content":"\\u0000"}]}',
      'VALIDATION_FAILED [value_error body.messages.0.content]',
    ],
    [
      'half a surrogate pair',
      '{"messages":[],"title":"\\ud800"}',
      'VALIDATION_FAILED [value_error body.title]',
    ],
    [
      '__proto__',
      '{"messages":[{"content":"x","__proto__":{}}]}',
      'VALIDATION_FAILED [value_error body.messages.0.__proto__]',
    ],
    ['messages twice', '{"messages":[],"messages":[]}', 'VALIDATION_FAILED [value_error body.messages]'],
    [
      'an endless text',
      `{"messages":[{"content":"${'x'.repeat(13_000_000)}"}]}`,
      'VALIDATION_FAILED [value_error body.messages.0]',
    ],
    [
      'a text that is too long',
      `{"messages":[{"content":"${'x'.repeat(1_000_001)}"}]}`,
      'VALIDATION_FAILED [string_too_long body.messages.0.content]',
    ],
    [
      'a huge rest',
      `{"messages":[],"extra":"${'x'.repeat(2_000_000)}"}`,
      'VALIDATION_FAILED [value_error body]',
    ],
    [
      'too many messages',
      `{"messages":[${'{"content":""},'.repeat(100_000)}{"content":""}]}`,
      'VALIDATION_FAILED [too_long body.messages]',
    ],
    ['too many conversations', `[${'{},'.repeat(10_000)}{}]`, 'VALIDATION_FAILED [value_error body]'],
  ])('refuses a file with %s, and saves the files beside it', async (_what, content, expected) => {
    const answer = await importForm(
      { name: 'before.json', content: good.replace('good', 'before') },
      { name: 'bad.json', content },
      { name: 'after.json', content: good.replace('good', 'after') },
    );
    expect(answer.json).toMatchObject({ imported: 2, refused: 1 });
    expect(outcomes(answer)).toEqual([
      'before.json - saved before 2',
      `bad.json - refused ${expected}`,
      'after.json - saved after 2',
    ]);
    expect(answer.text.length).toBeLessThan(5_000);
  });

  it.each<[string, Omit<RawRequest, 'path'>, string]>([
    ['a text', { body: good, headers: { 'content-type': 'text/plain' } }, '415 UNSUPPORTED_MEDIA_TYPE'],
    [
      'a simple form',
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      '415 UNSUPPORTED_MEDIA_TYPE',
    ],
    ['nothing at all', {}, '415 UNSUPPORTED_MEDIA_TYPE'],
    [
      'another encoding',
      { body: good, headers: { 'content-encoding': 'gzip' } },
      '415 UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another charset',
      { body: good, headers: { 'content-type': 'application/json; charset=utf-16' } },
      '415 UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a form without boundary',
      { body: good, headers: { 'content-type': 'multipart/form-data' } },
      '400 BAD_REQUEST',
    ],
    [
      'a form that ends early',
      { ...aForm(), body: aForm({ name: 'x', content: good }).body.subarray(0, 300) },
      '400 BAD_REQUEST',
    ],
    ['a form without files', aForm(), '422 VALIDATION_FAILED [missing body.file]'],
    [
      'too many files',
      aForm(...Array.from({ length: 1_001 }, () => ({ name: 'x', content: '{}' }))),
      '422 VALIDATION_FAILED [value_error body]',
    ],
    [
      'a request that was forwarded for somebody unknown',
      { body: good, headers: { 'x-forwarded-for': '10.1.2.3' } },
      '403 ADDRESS_NOT_ALLOWED',
    ],
    ['a body that is too large', { body: Buffer.alloc(52_428_801, 0x20) }, '413 BODY_TOO_LARGE'],
    [
      'a body of unknown length that is too large',
      { body: Buffer.alloc(52_428_801, 0x20), headers: { 'transfer-encoding': 'chunked' } },
      '413 BODY_TOO_LARGE',
    ],
  ])('refuses %s as a whole', async (_what, change, expected) => {
    expect(outcome(await post(change))).toBe(expected);
  });

  it('answers of a moderate size whatever is wrong, in however many files', async () => {
    const wrong = `{"messages":[${'1,'.repeat(99)}1]}`;
    const file = { name: 'wrong.json', content: `[${`${wrong},`.repeat(4_999)}${wrong}]` };
    const answer = await importForm(file, file, file);
    expect(answer.json).toMatchObject({ imported: 0, refused: 10_001 });
    const { items } = answer.json as ImportReport;
    expect([items[0], items[9_999], items[10_000]].map((item) => item?.detail?.length)).toEqual([100, 1, 1]);
    expect(outcomes(answer).slice(-2)).toEqual([
      'wrong.json 4999 refused VALIDATION_FAILED [dict_type body.4999.messages.0]',
      'wrong.json - refused VALIDATION_FAILED [value_error body]',
    ]);
    expect(answer.text.length).toBeLessThan(5_000_000);
  });

  it('says what it takes instead of a text', async () => {
    const { status, text } = await post({ body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(status).toBe(415);
    expect(text).toContain('must be sent as application/json or multipart/form-data');
  });

  it('leaves nothing behind when the client goes in the middle of its upload', async () => {
    const { hostname, port } = new URL(server.url);
    const sent = request({
      hostname,
      port,
      path: PATH,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '1000000' },
    });
    sent.on('error', () => undefined);
    sent.write(' '.repeat(500_000));
    await folderChange(uploads, (names) => names.length > 0);
    sent.destroy();
    await folderChange(uploads, (names) => names.length === 0);
    expect((await server.api.get('/health')).status).toBe(200);
  });

  describe('and exporting them again', () => {
    it.each([
      ['form A', aConversation()],
      ['a source of its own', aConversation({ source: 'lab' })],
      ['no agents', aConversation({ agents: [] })],
      ['nothing but messages', { messages: [{ content: 'x' }, { agent: { name: 'Ann' }, message: 'y' }] }],
      ['no messages', aConversation({ messages: [] })],
      [
        'strange texts',
        aConversation({
          id: 'a/b "c"\n',
          title: 'T "quoted" \\ \u2028 😀',
          messages: [
            aMessage(1, { content: 'a\r\n\t"\\\u0001\u007f\u2029</script>', model: null }),
            aMessage(2, { content: '' }),
          ],
        }),
      ],
    ])('gives identical files: %s', async (_what, conversation) => {
      const [item] = ((await importJson(conversation)).json as ImportReport).items;
      const first = await exported(item?.id ?? '');
      expect(first.status).toBe(200);
      await server.api.delete(`/api/conversations/${encodeURIComponent(item?.id ?? '')}`);
      expect((await importForm({ name: 'x.json', content: first.text })).json).toMatchObject({ imported: 1 });
      const second = await exported(item?.id ?? '');
      expect(second.text).toBe(first.text);
      await importForm({ name: 'x.json', content: second.text });
      expect((await exported(item?.id ?? '')).text).toBe(first.text);
    });

    it('gives identical files for a run, as soon as its experiment is not here', async () => {
      const { experiment } = await run();
      const id = `${experiment.experiment_id}_1`;
      const first = await exported(id);
      expect(first.json).toMatchObject({
        id,
        agents: [{ name: 'Guide' }, { name: 'Critic' }, { name: 'System' }],
      });
      expect(outcomes(await importJson(first.json))).toEqual([
        '- - refused CONVERSATION_IS_RUN [value_error body.id]',
      ]);
      await server.api.delete(`/api/experiments/${experiment.experiment_id}`);
      expect(outcomes(await importJson(first.json))).toEqual([`- - saved ${id} 3`]);
      expect((await exported(id)).text).toBe(first.text);
    });

    it('names the file after the title and says how it is written', async () => {
      await importJson(aConversation({ title: 'Über "x"; filename=evil\r\nX-Injected: 1' }));
      for (const [format, type] of [
        ['json', 'application/json; charset=utf-8'],
        ['md', 'text/markdown; charset=utf-8'],
        ['txt', 'text/plain; charset=utf-8'],
      ] as const) {
        const { headers, status } = await exported('conv-1', format);
        expect(status).toBe(200);
        expect(headers['content-type']).toBe(type);
        expect(headers['content-disposition']).toBe(
          `attachment; filename="_ber x ; filename=evil X-Injected 1.${format}"; ` +
            `filename*=UTF-8''%C3%9Cber%20x%20%3B%20filename%3Devil%20X-Injected%201.${format}`,
        );
        expect(headers['x-injected']).toBeUndefined();
      }
      expect(outcome(await exported('conv-1', 'pdf'))).toBe(
        '422 VALIDATION_FAILED [literal_error query.format]',
      );
      expect(outcome(await exported('nobody'))).toBe('404 CONVERSATION_NOT_FOUND NOT_FOUND');
    });

    it('writes what people read, of runs too', async () => {
      const { experiment } = await run();
      const id = `${experiment.experiment_id}_1`;
      const { messages } = await get(id);
      const markdown = (await exported(id, 'md')).text;
      expect(markdown.match(/^## .*$/gm)).toEqual(['## 1. System', '## 2. Guide', '## 3. Critic']);
      expect(markdown).toContain('> Plan a trip');
      const text = (await exported(id, 'txt')).text;
      expect(text).toContain(`[2] Guide, ${messages[1]?.timestamp}\n`);
    });

    it('sends a long conversation as it reads it, and stops when the client goes', async () => {
      const messages = Array.from({ length: 3_000 }, (_, index) =>
        aMessage(index, { content: 'x'.repeat(5_000) }),
      );
      await importJson(aConversation({ messages }));
      const { hostname, port } = new URL(server.url);
      const sent = request({ hostname, port, path: '/api/conversations/conv-1/export' }).end();
      const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      await once(answer, 'data');
      sent.destroy();
      const whole = await exported('conv-1');
      expect((whole.json as Conversation).messages).toHaveLength(3_000);
    });

    it('cuts the connection rather than mix two conversations when one replaces the other meanwhile', async () => {
      const messages = (text: string) =>
        Array.from({ length: 3_000 }, (_, index) => aMessage(index, { content: text.repeat(5_000) }));
      await importJson(aConversation({ messages: messages('a') }));
      const { hostname, port } = new URL(server.url);
      const sent = request({ hostname, port, path: '/api/conversations/conv-1/export' }).end();
      const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      // Unread, it fills the connection: the rest is not read from the database before it is asked for.
      await importJson(aConversation({ messages: messages('b') }));
      let received = '';
      const read = (async () => {
        for await (const chunk of answer) {
          received += String(chunk);
        }
      })();
      await expect(read).rejects.toThrow('aborted');
      expect(received).not.toContain('bbb');
    });
  });
});
