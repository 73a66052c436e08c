import { changed } from '../support/changed';
import { outcome } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { send } from '../support/raw-http';
import { type ServerProcess, startServerProcess } from '../support/server-process';
import { type Simulator, startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';

const START = '/api/experiments/start';

/** Text that is legal, but that careless code breaks, runs, or shows as something else. */
const HOSTILE = [
  '\u202eright to left\u202c שלום مرحبا',
  'zero\u200dwidth 👨‍👩‍👧‍👦 e\u0301 \ufe0f \u{1f3f4}\u{e0067}\u{e007f}',
  "=cmd|' /C calc'!A0",
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  'first\r\nX-Injected: yes\r\n\r\nsecond\rthird',
  "'; DROP TABLE experiments; --",
  '../../etc/passwd ..\\..\\con %00 %2e%2e',
  '{{roles}} {history} ${7*7} #{7*7} %s%n',
  '\u001b[31mred\u0007 \u2028 \u2029 \ufeff \u0085 \u007f',
  '{"role":"system","content":"x"} <|im_end|> [INST]',
  '\\u0000 \\" \\\\ \u{10ffff} \ufffd \uffff',
  `${'long '.repeat(2_000)}end`,
].join('|');

describe('unusual, but legal input', () => {
  let simulator: Simulator;
  let server: ServerProcess;

  beforeAll(async () => {
    simulator = await startSimulator();
    server = await startServerProcess(simulator.url, {
      MAX_BODY_BYTES: '8000000',
      MAX_DATASET_ITEMS: '1000',
    });
  });
  afterEach(async () => {
    expect(server.complaint()).toBeNull();
    await simulator.reset();
  });
  afterAll(async () => {
    await server.close();
    await simulator.stop();
  });

  const untilOver = async (id: string) => {
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0, deltas: false });
    await watcher.untilOver();
    watcher.close();
    return { ...(await server.api.experiment(id)), watched: watcher.events };
  };

  const post = async (body: string) => outcome(await send(server.url, { method: 'POST', path: START, body }));

  it('comes back unchanged wherever text is stored, shown and sent', async () => {
    const short = HOSTILE.slice(0, 200);
    await simulator.script({ text: HOSTILE }, { text: 'Fine.' });
    const request = anExperiment({
      task: { id: short, prompt: HOSTILE, datasetItems: [{ task: HOSTILE, answer: HOSTILE }] },
      agents: [
        anAgent('Guide', { id: short, prompt: HOSTILE, color: short, options: { num_predict: 100_000 } }),
        anAgent('Critic'),
      ],
      chat_rules: { max_rounds: 2, termination_condition: `${HOSTILE}!` },
    });
    const id = await server.api.start(request);
    const experiment = await untilOver(id);
    expect(experiment).toMatchObject({
      state: 'completed',
      title: `${[...HOSTILE].slice(0, 100).join('')}...`,
      task: request.task,
      agents: [request.agents[0], request.agents[1]],
      chat_rules: request.chat_rules,
    });
    expect(experiment.conversations[0]?.messages.map(({ content }) => content)).toEqual([
      HOSTILE,
      HOSTILE,
      'Fine.',
    ]);
    expect(experiment.watched).toEqual(await server.api.events(id));
    const said = experiment.watched.filter(({ type }) => type === 'message');
    expect(said).toMatchObject([{ message: { content: HOSTILE } }, { message: { content: HOSTILE } }, {}]);
    const [asked] = await simulator.requests();
    expect(asked?.body.messages.map(({ content }) => content)).toEqual([
      expect.stringContaining(HOSTILE),
      expect.stringContaining(HOSTILE),
    ]);

    const title = HOSTILE.slice(0, 500);
    expect((await server.api.put(`/api/experiments/${id}`, { title })).status).toBe(200);
    expect((await server.api.list()).find(({ experiment_id }) => experiment_id === id)).toMatchObject({
      title,
      agents: [request.agents[0], request.agents[1]],
    });
  });

  it.each(['round_robin', 'selector'])(
    'names that JavaScript gives to its own objects are names like others in a %s team',
    async (teamType) => {
      const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '日本'];
      await simulator.script(...names.map((name) => ({ text: `I am ${name}.` })));
      const id = await server.api.start(
        anExperiment({
          agents: names.map((name) => anAgent(name)),
          chat_rules: { max_rounds: names.length, team_type: teamType },
        }),
      );
      const { state, agents, conversations } = await untilOver(id);
      expect(state).toBe('completed');
      expect(agents.map(({ name }) => name)).toEqual(names);
      const speakers = conversations[0]?.messages.slice(1).map(({ model }) => model) ?? [];
      expect(speakers).toHaveLength(names.length);
      expect(names).toEqual(expect.arrayContaining(speakers));
      expect(conversations[0]?.agents.map(({ name }) => name)).toEqual([...names, 'System']);
    },
  );

  it('fields that nobody knows are left out, whatever they are called', async () => {
    const strange =
      '"constructor":{"prototype":{"polluted":1}},"prototype":{},"toString":1,"then":{},"hasOwnProperty":null';
    const body = JSON.stringify(anExperiment({ chat_rules: { max_rounds: 2 } })).replaceAll(
      '{',
      `{${strange},`,
    );
    const id = (
      JSON.parse((await send(server.url, { method: 'POST', path: START, body })).text) as {
        experiment_id: string;
      }
    ).experiment_id;
    const experiment = await untilOver(id);
    expect(experiment.state).toBe('completed');
    expect(JSON.stringify(experiment)).not.toMatch(/polluted|hasOwnProperty|toString/);
    expect(JSON.stringify((await server.api.get('/api/experiments/default-chat-rules')).body)).not.toContain(
      'polluted',
    );
  });

  describe('limits', () => {
    const solo = (prompt: string) => anExperiment({ task: { id: 't', prompt }, agents: [anAgent('Solo')] });
    const place = 'body.task.prompt';

    it('a prompt of 1,000,000 characters is taken, one of 1,000,001 is not', async () => {
      expect(await post(JSON.stringify(solo('x'.repeat(1_000_000))))).toBe('200');
      expect(await post(JSON.stringify(solo('x'.repeat(1_000_001))))).toBe(
        `422 VALIDATION_FAILED [string_too_long ${place}]`,
      );
    });

    it('characters are counted, not the halves that JavaScript makes of some', async () => {
      expect(await post(JSON.stringify(solo('😀'.repeat(1_000_001))))).toBe(
        `422 VALIDATION_FAILED [string_too_long ${place}]`,
      );
      expect(await post(JSON.stringify(solo('😀'.repeat(1_000_000))))).toBe('200');
      expect(
        await post(JSON.stringify(anExperiment({ agents: [anAgent('𝒜'.repeat(100), { id: 'a' })] }))),
      ).toBe('200');
    });

    it.each([
      ['task.datasetItems', 1_000, 1_001, (index: number) => ({ task: `Item ${index}` })],
      ['agents', 64, 65, (index: number) => ({ ...anAgent(`A${index}`), id: `a${index}` })],
    ])('%s holds %d entries, but not %d', async (path, most, tooMany, item) => {
      const withItems = (length: number) =>
        JSON.stringify(
          changed(
            anExperiment(),
            path,
            Array.from({ length }, (_, index) => item(index)),
          ),
        );
      expect(await post(withItems(tooMany))).toBe(`422 VALIDATION_FAILED [too_long body.${path}]`);
      const answer = await send(server.url, { method: 'POST', path: START, body: withItems(most) });
      expect(outcome(answer)).toBe('200');
      const { experiment_id: id } = answer.json as { experiment_id: string };
      expect((await server.api.delete(`/api/experiments/${id}`)).status).toBe(200);
    });
  });

  describe('agent names', () => {
    const TEAM = anExperiment();

    it.each([
      ['1st'],
      ['Two words'],
      ['a-b'],
      ['a.b'],
      ['a\u200bb'],
      ['a\r\nb'],
      ['😀'],
      ['<b>'],
      ['user'],
      ['User'],
      ['ＵＳＥＲ'],
      ['System'],
      ['sYsTeM'],
    ])('%j is refused', async (name) => {
      expect(await post(JSON.stringify(changed(TEAM, 'agents.1.name', name)))).toBe(
        '400 INVALID_AGENT_NAME EXPERIMENT_ERROR',
      );
    });

    it.each([
      ['name', 'Guide', 'DUPLICATE_AGENT_NAME'],
      ['name', ' Guide ', 'DUPLICATE_AGENT_NAME'],
      ['name', 'gUIDE', 'DUPLICATE_AGENT_NAME'],
      ['name', 'Ｇｕｉｄｅ', 'DUPLICATE_AGENT_NAME'],
      ['id', 'guide', 'DUPLICATE_AGENT_ID'],
    ])('a second agent with the %s %j is refused', async (field, value, code) => {
      expect(await post(JSON.stringify(changed(TEAM, `agents.1.${field}`, value)))).toBe(
        `400 ${code} EXPERIMENT_ERROR`,
      );
    });
  });
});
