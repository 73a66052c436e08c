import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Turn } from '../../src/conversations/dto/turn.dto';
import { withServer } from '../support/with-server';
import { choosing, ledger, saying } from '../support/team-scripts';

const FOLDER = join(__dirname, '../../docs/examples/teams');
const DOCUMENT = join(__dirname, '../../docs/teams.md');

interface Example {
  /** What the models say: the first reply whose match fits. */
  readonly says: readonly object[];
  /** In the order of the turns. */
  readonly speakers: readonly string[];
  readonly ends: object;
}

/** What an agent says in its turns, one after the other. */
const inTurn = (agent: string, ...texts: string[]) => texts.map((text) => saying(agent, text));

const handsOver = (text: string, target: string) => ({
  text,
  toolCalls: [{ name: `transfer_to_${target}` }],
});

const EXAMPLES: Readonly<Record<string, Example>> = {
  'round-robin': {
    says: [{ text: 'Is that DONE?' }, { text: 'It is DONE.' }],
    speakers: ['Guide', 'Critic'],
    ends: { type: 'text', turn: 2, rule: '/stop/any/0', detail: 'DONE' },
  },
  selector: {
    says: [choosing('Guide'), choosing('Critic'), choosing('Planner'), choosing('Guide')],
    speakers: ['Guide', 'Critic', 'Planner', 'Guide'],
    ends: { type: 'max_turns', turn: 4, rule: '/team/max_turns' },
  },
  random: {
    says: [],
    speakers: ['Guide', 'Critic', 'Guide', 'Critic'],
    ends: { type: 'max_messages', turn: 4, rule: '/stop' },
  },
  swarm: {
    says: [handsOver('Billing can help.', 'billing'), handsOver('You get it back.', 'user')],
    speakers: ['Desk', 'Billing'],
    ends: { type: 'handoff', turn: 2, detail: 'user' },
  },
  graph: {
    says: inTurn(
      'Judge',
      '{"accepted": false, "reason": "Too dear."}',
      '{"accepted": true, "reason": "Fine."}',
    ),
    speakers: ['Planner', 'Guide', 'Critic', 'Judge', 'Planner', 'Guide', 'Critic', 'Judge', 'Planner'],
    ends: { type: 'graph_complete', turn: 9 },
  },
  magentic: {
    says: [ledger('Guide'), ledger('Critic'), ledger('Guide', { satisfied: true })],
    speakers: ['Lead', 'Guide', 'Critic', 'Lead'],
    ends: { type: 'satisfied', turn: 4 },
  },
  panel: {
    says: [
      ...inTurn('Guide', 'By train.', '{"ranking": ["train", "coach", "car"]}'),
      ...inTurn('Critic', 'By coach.', '{"ranking": ["coach", "train", "car"]}'),
      ...inTurn('Planner', 'By car.', '{"ranking": ["car", "train", "coach"]}'),
      ...inTurn('Judge', '{"vote": "coach"}', 'Take the coach.'),
    ],
    speakers: ['Guide', 'Critic', 'Planner', 'Guide', 'Critic', 'Planner', 'Judge', 'Judge'],
    ends: { type: 'vote', turn: 8, detail: 'coach' },
  },
  debate: {
    says: [],
    speakers: ['Pro', 'Contra', 'Pro', 'Contra', 'Judge'],
    ends: { type: 'graph_complete', turn: 5 },
  },
  critic: {
    says: [
      { text: 'Hello from Lisbon.' },
      { text: 'Too short.' },
      { text: 'Hello again.' },
      { text: 'APPROVED' },
    ],
    speakers: ['Author', 'Critic', 'Author', 'Critic'],
    ends: { type: 'text', turn: 4, rule: '/team/stop/any/0', detail: 'APPROVED' },
  },
  moderator: {
    says: [
      handsOver('Guide first.', 'guide'),
      { text: 'The castle.' },
      handsOver('And Critic?', 'critic'),
      { text: 'Too steep.' },
      { text: 'Then the river. CLOSED' },
    ],
    speakers: ['Host', 'Guide', 'Host', 'Critic', 'Host'],
    ends: { type: 'text', turn: 5, rule: '/team/stop/any/0', detail: 'CLOSED' },
  },
  consensus: {
    says: [{ text: 'Saturday.' }, { text: 'Sunday' }, { text: 'saturday' }],
    speakers: ['Guide', 'Critic', 'Planner'],
    ends: { type: 'agreement', turn: 3, rule: '/team/stop/any/0', detail: 'Saturday.' },
  },
  pipeline: {
    says: [],
    speakers: ['Researcher', 'Writer', 'Editor'],
    ends: { type: 'graph_complete', turn: 3 },
  },
  nested: {
    says: [],
    speakers: ['Guide', 'Critic', 'Planner', 'Critic', 'Judge'],
    ends: { type: 'max_turns', turn: 5, rule: '/team/max_turns' },
  },
  structured: {
    says: [{ text: '{"rating": 4, "reason": "Mild."}' }],
    speakers: ['Judge', 'Guide'],
    ends: { type: 'max_turns', turn: 2, rule: '/team/max_turns' },
  },
  views: {
    says: [],
    speakers: ['Guide', 'Critic', 'Judge'],
    ends: { type: 'max_turns', turn: 3, rule: '/team/max_turns' },
  },
  'stop-rules': {
    says: [{ text: 'To Sintra, agreed?' }, { text: 'Agreed.' }],
    speakers: ['Guide', 'Critic'],
    ends: { type: 'all', turn: 2, rule: '/stop/any/0' },
  },
};

const exampleNamed = (name: string): unknown =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));

describe('the examples of docs/teams.md', () => {
  const server = withServer();

  const turnsOf = async (id: string) =>
    (await server.api.get<{ turns: Turn[] }>(`/api/experiments/${id}/runs/1/turns`)).body.turns;

  it('are all in the document, and all tried here', () => {
    const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(names.toSorted());
    const document = readFileSync(DOCUMENT, 'utf8');
    expect(names.filter((name) => !document.includes(`examples/teams/${name}.json`))).toEqual([]);
  });

  it.each(Object.entries(EXAMPLES))('%s: takes its turns and ends by its rule', async (name, example) => {
    await server.simulator.script(...example.says);
    const id = await server.api.start(exampleNamed(name));
    const { experiment, events } = await server.untilOver(id);
    expect(experiment).toMatchObject({ status: 'completed', completed_runs: 1 });
    expect(events.flatMap((event) => (event.type === 'turn.started' ? [event.agent_name] : []))).toEqual(
      example.speakers,
    );
    expect(experiment.conversations[0]?.endReason).toEqual(example.ends);
    const turns = await turnsOf(id);
    expect(turns.map(({ speaker }) => speaker)).toEqual(example.speakers);
    expect(turns.every(({ state }) => state === 'completed')).toBe(true);
    expect(await server.simulator.control('script', { replies: [] })).toEqual({ replies: [] });
  });

  it('structured answers are kept as values beside their texts', async () => {
    await server.simulator.script(...(EXAMPLES['structured']?.says ?? []));
    const id = await server.api.start(exampleNamed('structured'));
    await server.untilOver(id);
    expect((await turnsOf(id)).map(({ parsed }) => parsed)).toEqual([{ rating: 4, reason: 'Mild.' }, null]);
  });

  it('a nested team that shares its last message alone is heard by that', async () => {
    await server.simulator.script({ text: 'The castle.' }, { text: 'The river.' });
    await server.untilOver(await server.api.start(exampleNamed('nested')));
    const planner = (await server.simulator.requests())[2]?.body.messages.at(-1)?.content;
    expect(planner).toContain('Critic: The river.');
    expect(planner).not.toContain('The castle.');
  });

  it('agents hear what they may hear, marked as they want it, with placeholders filled', async () => {
    await server.simulator.script({ text: 'Its light.' }, { text: 'I doubt it.' });
    await server.untilOver(await server.api.start(exampleNamed('views')));
    const [guide, critic, judge] = (await server.simulator.requests()).map(({ body }) => body.messages);
    expect(guide).toEqual([
      { role: 'system', content: 'You are Guide. This is round 1.' },
      { role: 'user', content: 'Name one good reason to visit Lisbon.' },
    ]);
    expect(critic?.[0]?.content).toContain('[1] Judge');
    expect(critic?.at(-1)?.content).toContain('[2] Its light.');
    expect(judge?.at(-1)?.content).toBe('Name one good reason to visit Lisbon.\n\nI doubt it.');
  });
});
