import { type Turn } from '../../src/conversations/dto/turn.dto';
import { type StoredEvent } from '../../src/live/event-types';
import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { DashboardView, PlainClient } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { withServer } from '../support/with-server';
import { ledger, saying } from '../support/team-scripts';

type Started = Extract<StoredEvent, { type: 'turn.started' }>;

/** What examples cannot show: the edges of the patterns, over real HTTP and sockets. */
describe('patterns of teams', () => {
  const server = withServer();

  const teamOf = (names: readonly string[], team: object, changes: Record<string, unknown> = {}) =>
    anExperiment({ agents: names.map((name) => anAgent(name)), chat_rules: undefined, team, ...changes });
  const turnsOf = async (id: string) =>
    (await server.api.get<{ turns: Turn[] }>(`/api/experiments/${id}/runs/1/turns`)).body.turns;
  const started = (events: readonly StoredEvent[]) =>
    events.filter((event): event is Started => event.type === 'turn.started');
  /** Lead, then Left and Right side by side, then Close. */
  const fork = {
    type: 'graph',
    nodes: [{ id: 'Lead' }, { id: 'Left' }, { id: 'Right' }, { id: 'Close' }],
    edges: [
      { from: 'Lead', to: 'Left' },
      { from: 'Lead', to: 'Right' },
      { from: 'Left', to: 'Close' },
      { from: 'Right', to: 'Close' },
    ],
  };
  const forked = ['Lead', 'Left', 'Right', 'Close'];

  describe('a parallel step', () => {
    it('is heard and seen in the order of the nodes, whoever ends first: by dashboards, too', async () => {
      await server.simulator.script(
        saying('Left', 'From Left.', { delayMs: 150 }),
        saying('Right', 'From Right.'),
      );
      await server.simulator.control('hold', { afterTokens: 0, match: { system: 'You are Lead.' } });
      const id = await server.api.start(teamOf(forked, fork));
      await server.simulator.waitUntil('heldChats', 1);
      const plain = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
      const view = new DashboardView(server.url, id);
      await view.mount();
      await server.simulator.control('release');
      await Promise.all([view.over, plain.closed]);

      const { experiment, events } = await server.untilOver(id);
      const order = ['agent-4', 'lead', 'left', 'right', 'close'];
      expect(experiment.conversations[0]?.messages.map(({ agentId }) => agentId)).toEqual(order);
      expect(view.finished[0]?.messages.map(({ agentId }) => agentId)).toEqual(order);
      expect(
        plain.frames.all.flatMap(({ type, data }) => (type === 'message' ? [data['agentId']] : [])),
      ).toEqual(order);
      expect(events.flatMap((event) => (event.type === 'message' ? [event.message.agentId] : []))).toEqual(
        order,
      );
      expect(started(events).map(({ step, speaker }) => [step, speaker.method])).toEqual([
        [1, 'first'],
        [2, 'step'],
        [2, 'step'],
        [4, 'edge'],
      ]);
      const prompts = (await server.simulator.requests()).map(
        ({ body }) => body.messages.at(-1)?.content ?? '',
      );
      expect(prompts[2]).not.toContain('From Left.');
      expect(prompts[3]).toMatch(/Left: From Left\.\n\nRight: From Right\./);
    });

    it('is seen whole by the stop rules (trap: only the last reply is looked at)', async () => {
      await server.simulator.script(saying('Left', 'All DONE.'), saying('Right', 'More.', { delayMs: 150 }));
      const request = teamOf(forked, fork, { stop: { type: 'text', text: 'DONE' } });
      const { experiment } = await server.run(request);
      expect(said(experiment.conversations[0]).slice(2)).toEqual(['left: All DONE.', 'right: More.']);
      expect(experiment.conversations[0]?.endReason).toEqual({
        type: 'text',
        turn: 2,
        rule: '/stop',
        detail: 'DONE',
      });
    });

    it('is paused and resumed in its middle: what has ended stays, what has not is made again', async () => {
      const undisturbed = await server.run(teamOf(forked, fork, { seed: 3 }));
      await server.simulator.control('hold', { afterTokens: 2, match: { system: 'You are Right.' } });
      const id = await server.api.start(teamOf(forked, fork, { seed: 3 }));
      const states = () =>
        storedRows<{ speaker: string; state: string }>(
          server.dataDirectory,
          'SELECT speaker, state FROM turns WHERE conversation_id = ? ORDER BY turn, attempt',
          `${id}_1`,
        ).map(({ speaker, state }) => `${speaker} ${state}`);
      await server.simulator.waitUntil('heldChats', 1);
      // Nothing is told of a turn that is held; asking the simulator is the pause between two looks.
      while (!states().includes('Left held')) {
        await server.simulator.stats();
      }
      const watcher = await SocketWatcher.connect(server.url);
      await watcher.subscribe(id, { after: 0 });
      await server.api.post(`/api/experiments/${id}/pause`, { when: 'now' });
      await watcher.waitFor('experiment.status', ({ state }) => state === 'paused');
      expect(states()).toEqual(['Lead completed', 'Left held', 'Right failed']);
      expect(said((await server.api.experiment(id)).conversation)).toHaveLength(2);

      await server.simulator.control('release');
      await server.api.post(`/api/experiments/${id}/resume`, {});
      await watcher.untilOver();
      watcher.close();
      const { experiment } = await server.untilOver(id);
      expect(experiment.conversations.map(said)).toEqual(undisturbed.experiment.conversations.map(said));
      expect(states()).toEqual([
        'Lead completed',
        'Left completed',
        'Right failed',
        'Right completed',
        'Close completed',
      ]);
    });

    it('from which no edge is open fails the run and names the node (trap: it ends silently)', async () => {
      const edges = [{ from: 'Lead', to: 'Left', when: { contains: 'YES' } }];
      const { experiment } = await server.run(
        teamOf(['Lead', 'Left'], { type: 'graph', nodes: [{ id: 'Lead' }, { id: 'Left' }], edges }),
      );
      expect(experiment.conversations[0]).toMatchObject({
        endReason: null,
        errorCode: 'NO_OPEN_EDGE',
        error: expect.stringContaining('"Lead"') as string,
      });
    });
  });

  describe('a nested team', () => {
    it('tells where each turn stands, and how the teams around it were chosen', async () => {
      await server.simulator.script({
        match: { system: 'decide who speaks next' },
        text: '{"next_speaker": "experts"}',
      });
      const experts = { type: 'round_robin', name: 'experts', participants: ['Ann', 'Bob'], max_turns: 2 };
      const { events } = await server.run(
        teamOf(['Ann', 'Bob', 'Cem'], { type: 'selector', participants: [experts, 'Cem'], max_turns: 3 }),
      );
      const [first, second, third] = started(events);
      expect(first).toMatchObject({
        agent_name: 'Ann',
        kind: 'reply',
        path: ['experts', 'Ann'],
        speaker: {
          method: 'round_robin',
          attempts: 0,
          via: [{ method: 'selector', candidates: ['experts', 'Cem'], attempts: 1 }],
        },
      });
      expect(second?.path).toEqual(['experts', 'Bob']);
      expect(second?.speaker.via).toBeUndefined();
      expect(third).toMatchObject({ path: ['Cem'], speaker: { method: 'only_candidate' } });
      const [question] = (await server.simulator.requests()).filter(({ body }) => body.format !== undefined);
      expect(question?.body.messages[1]?.content).toContain('experts: A team of Ann, Bob.');
    });

    it('is passed over when it has nothing new, and that is told (trap: it crashes)', async () => {
      const duo = { type: 'round_robin', name: 'duo', participants: ['Ann', 'Bob'], max_turns: 2 };
      const { experiment, events } = await server.run(
        teamOf(['Ann', 'Bob'], { type: 'round_robin', participants: [duo], max_turns: 4 }),
      );
      expect(events.filter(({ type }) => type === 'turn.skipped')).toMatchObject([
        { turn: 3, team: 'duo', path: ['duo'] },
        { turn: 4, team: 'duo', path: ['duo'] },
      ]);
      expect(experiment.conversations[0]).toMatchObject({
        messages: { length: 3 },
        endReason: { type: 'max_turns', turn: 4, rule: '/team/max_turns' },
      });
      const turns = await turnsOf(experiment.experiment_id);
      expect(turns.slice(2)).toMatchObject([
        { speaker: 'duo', state: 'skipped', kind: 'skip', agent_id: '' },
        { speaker: 'duo', state: 'skipped', kind: 'skip', agent_id: '' },
      ]);
    });
  });

  describe('a swarm', () => {
    const swarm = { type: 'swarm', participants: ['Ann', 'Bob'], max_turns: 4 };
    const without = { agents: ['Ann', 'Bob'].map((name) => anAgent(name, { model: 'gemma:2b' })) };

    it('asks models without tools by JSON (trap: they are refused), and ends at the user', async () => {
      await server.simulator.script(
        { text: 'Ask Bob.' },
        { text: '{"hand_over_to": "Bob"}' },
        { text: 'What do you say?' },
        { text: '{"hand_over_to": "user"}' },
      );
      const handoffs = { Bob: ['Ann', 'user'] };
      const { experiment, events } = await server.run(teamOf([], { ...swarm, handoffs }, without));
      expect(said(experiment.conversations[0]).slice(1)).toEqual(['ann: Ask Bob.', 'bob: What do you say?']);
      expect(experiment.conversations[0]?.endReason).toEqual({ type: 'handoff', turn: 2, detail: 'user' });
      expect(started(events).map(({ speaker }) => speaker.method)).toEqual(['first', 'handoff']);
      expect(events.flatMap((event) => (event.type === 'message' ? [event.handoff] : []))).toEqual([
        undefined,
        'Bob',
        'user',
      ]);
    });

    it('asks again what cannot be read, then nobody is handed to, and the turn says why', async () => {
      await server.simulator.script(
        { text: 'Hm.' },
        { text: 'Bob or user' },
        { text: '' },
        { text: 'Both.' },
      );
      const { experiment, events } = await server.run(
        teamOf(
          [],
          { ...swarm, participants: ['Ann', 'Bob'], handoffs: { Ann: ['Bob', 'user'] }, max_turns: 2 },
          without,
        ),
      );
      expect(started(events).map(({ agent_name, speaker }) => [agent_name, speaker.method])).toEqual([
        ['Ann', 'first'],
        ['Ann', 'after_reply'],
      ]);
      const [turn] = await turnsOf(experiment.experiment_id);
      expect(turn).toMatchObject({ handoff: null, state: 'completed' });
      expect(turn?.format_error).toMatch(/^To whom it hands over could not be read\./);
    });
  });

  describe('a magentic team', () => {
    const team = { type: 'magentic', manager: 'Lead', participants: ['Ann', 'Bob'] };
    it('keeps the ledger with the choice; an unknown speaker is asked again, then it goes on in order (trap: the run dies)', async () => {
      const nobody = ledger('Nobody');
      await server.simulator.script(
        ledger('Bob', { instruction: 'Add it up.' }),
        nobody,
        nobody,
        nobody,
        ledger('Bob', { satisfied: true }),
      );
      const { experiment, events } = await server.run(teamOf(['Lead', 'Ann', 'Bob'], team));
      expect(started(events).map(({ agent_name, kind }) => [agent_name, kind])).toEqual([
        ['Lead', 'plan'],
        ['Bob', 'reply'],
        ['Ann', 'reply'],
        ['Lead', 'final'],
      ]);
      expect(started(events).map(({ speaker }) => speaker)).toMatchObject([
        { method: 'manager', attempts: 0 },
        { method: 'ledger', attempts: 1, ledger: { instruction: 'Add it up.', progress: true } },
        { method: 'fallback', attempts: 3, ledger: { progress: false } },
        { method: 'manager', attempts: 1, ledger: { satisfied: true } },
      ]);
      expect(experiment.conversations[0]?.endReason).toEqual({ type: 'satisfied', turn: 4 });
      const asked = (await server.simulator.requests()).filter(({ body }) => body.format !== undefined);
      expect(asked[2]?.body.messages.at(-1)?.content).toContain('next_speaker named nobody of the team.');
      const bob = (await server.simulator.requests()).find(({ body }) =>
        body.messages[0]?.content.startsWith('You are Bob.'),
      );
      expect(bob?.body.messages.at(-1)?.content).toMatch(/Add it up\.$/);
    });

    it('takes as many turns as it is given (trap: one more), plans and last words not counted', async () => {
      await server.simulator.script({ ...ledger('Bob', { progress: false }), times: 'forever' });
      const { experiment, events } = await server.run(
        teamOf(['Lead', 'Ann', 'Bob'], { ...team, max_stalls: 1, max_turns: 3 }),
      );
      expect(started(events).map(({ kind }) => kind)).toEqual([
        'plan',
        'reply',
        'plan',
        'reply',
        'plan',
        'reply',
      ]);
      expect(experiment.conversations[0]?.endReason).toEqual({
        type: 'max_turns',
        turn: 6,
        rule: '/team/max_turns',
      });
    });
  });

  describe('a panel', () => {
    it('counts ballots that are read, and takes for abstentions what cannot be', async () => {
      await server.simulator.script(
        saying('Ann', 'One.'),
        saying('Bob', 'Two.'),
        saying('Cem', 'Three.'),
        saying('Ann', '```json\n{"vote": "Bob"}\n```'),
        saying('Bob', 'Bob.'),
        saying('Cem', 'All are fine.', { times: 3 }),
      );
      const names = ['Ann', 'Bob', 'Cem'];
      const { experiment, events } = await server.run(teamOf(names, { type: 'panel', participants: names }));
      expect(said(experiment.conversations[0]).slice(4)).toEqual([
        'ann: Vote: Bob',
        'bob: Vote: Bob',
        'cem: Abstained.',
      ]);
      expect(experiment.conversations[0]?.endReason).toEqual({ type: 'vote', turn: 6, detail: 'Bob' });
      expect(started(events).map(({ step, kind }) => [step, kind])).toEqual([
        [1, 'reply'],
        [1, 'reply'],
        [1, 'reply'],
        [4, 'ballot'],
        [4, 'ballot'],
        [4, 'ballot'],
      ]);
      const ballots = (await turnsOf(experiment.experiment_id)).slice(3);
      expect(ballots.map(({ parsed }) => parsed)).toEqual([
        { ranking: ['Bob'] },
        { ranking: ['Bob'] },
        { ranking: [] },
      ]);
      expect(ballots.map(({ format_error: problem }) => problem)).toEqual([
        null,
        null,
        'The answer named none of the options.',
      ]);
    });
  });
});
