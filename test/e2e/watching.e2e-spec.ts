import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { DashboardView, PlainClient } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

describe('watching an experiment', () => {
  const server = withServer();

  it('gives every watcher the whole transcript: early, late, and after a lost connection', async () => {
    await server.simulator.control('hold', { afterTokens: 2 });
    const id = await server.api.start(
      anExperiment({
        iterations: 2,
        chat_rules: { max_rounds: 4 },
        agents: [anAgent('Guide'), anAgent('Critic')],
      }),
    );
    const early = await SocketWatcher.connect(server.url);
    await early.subscribe(id, { after: 0 });
    const page = new DashboardView(server.url, id);
    await page.mount();
    await server.simulator.waitUntil('heldChats', 1);
    await early.waitFor('turn.delta');

    // In the middle of the first turn: one that comes late, and one that loses its connection.
    const late = await SocketWatcher.connect(server.url);
    const subscription = await late.subscribe(id, { after: 0 });
    expect(subscription.open_turns).toHaveLength(1);
    const latePage = new DashboardView(server.url, id);
    await latePage.mount();
    const seen = early.events.length;
    early.close();
    page.cut();
    await server.simulator.control('release');
    const back = await SocketWatcher.connect(server.url);
    await back.subscribe(id, { after: seen });

    await Promise.all([late.untilOver(), back.untilOver(), page.over, latePage.over]);
    const stored = await server.api.events(id);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    expect(late.events).toEqual(stored);
    expect([...early.events.slice(0, seen), ...back.events]).toEqual(stored);

    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({ status: 'completed', completed_runs: 2, message_count: 10 });
    for (const view of [page, latePage]) {
      expect(view.finished.map(said)).toEqual(experiment.conversations.map(said));
      expect(view.status).toBe('completed');
    }
    late.close();
    back.close();
  });

  it('sends a late watcher the text so far, and every delta after it without a hole', async () => {
    await server.simulator.script({ tokens: ['One ', 'two ', 'three ', 'four ', 'five.'] });
    await server.simulator.control('hold', { afterTokens: 3 });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    const early = await SocketWatcher.connect(server.url);
    await early.subscribe(id, { after: 0 });
    await server.simulator.waitUntil('heldChats', 1);
    await early.received.waitFor(
      () => early.deltas.map(({ text }) => text).join('') === 'One two three',
      'the held text',
    );
    const late = await SocketWatcher.connect(server.url);
    await late.subscribe(id, { after: 0 });
    await late.waitFor('turn.delta', ({ offset, text }) => offset === 0 && text === 'One two three');
    await server.simulator.control('release');
    await Promise.all([early.untilOver(), late.untilOver()]);

    for (const watcher of [early, late]) {
      let text = '';
      for (const delta of watcher.deltas) {
        expect(delta.offset).toBe(text.length);
        text += delta.text;
      }
      expect(text).toBe('One two three four five.');
    }
    const names = late.received.all.map(({ name }) => name);
    expect(names.indexOf('turn.started')).toBeLessThan(names.indexOf('turn.delta'));
    early.close();
    late.close();
  });

  it('leaves deltas out when they are not wanted, and keeps thinking in a channel of its own', async () => {
    await server.simulator.script({ thinking: 'Let me see.', text: 'Forty-two.' });
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo', { model: 'qwen3:8b' })] }));
    const [reader, plainReader] = await Promise.all([
      SocketWatcher.connect(server.url),
      SocketWatcher.connect(server.url),
    ]);
    await reader.subscribe(id, { after: 0 });
    await plainReader.subscribe(id, { after: 0, deltas: false });
    await server.simulator.control('release');
    await Promise.all([reader.untilOver(), plainReader.untilOver()]);

    expect(plainReader.deltas).toEqual([]);
    expect(plainReader.events).toEqual(reader.events);
    const textOf = (channel: string) =>
      reader.deltas
        .filter((delta) => delta.channel === channel)
        .map(({ text }) => text)
        .join('');
    expect(textOf('thinking')).toBe('Let me see.');
    expect(textOf('text')).toBe('Forty-two.');
    expect(said((await server.api.experiment(id)).conversations[0])).toEqual([
      'agent-1: Plan a trip',
      'solo: Forty-two.',
    ]);
    reader.close();
    plainReader.close();
  });

  it('tells the list room of experiments that are created, changed and removed', async () => {
    const watcher = await SocketWatcher.connect(server.url);
    expect(await watcher.emit('subscribe.list')).toEqual({ ok: true });
    const id = await server.api.start(anExperiment());
    await watcher.waitFor(
      'experiment.created',
      (entry) => entry['experiment_id'] === id && entry['title'] === 'Plan a trip',
    );
    await watcher.waitFor(
      'experiment.changed',
      (entry) => entry['experiment_id'] === id && entry['status'] === 'completed',
    );
    await server.api.put(`/api/experiments/${id}`, { title: 'Lisbon' });
    await watcher.waitFor('experiment.changed', (entry) => entry['title'] === 'Lisbon');
    await server.api.delete(`/api/experiments/${id}`);
    await watcher.waitFor('experiment.removed', (entry) => entry['experiment_id'] === id);
    watcher.close();
  });

  it('gives only what is new without `after`, and stops after unsubscribe', async () => {
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    await server.simulator.waitUntil('heldChats', 1);
    const watcher = await SocketWatcher.connect(server.url);
    const quiet = await SocketWatcher.connect(server.url);
    const { seq } = await watcher.subscribe(id);
    await quiet.subscribe(id);
    expect(await quiet.emit('unsubscribe', { experimentId: id })).toEqual({ ok: true });
    await server.simulator.control('release');
    await watcher.untilOver();
    expect(watcher.events[0]?.seq).toBe(seq + 1);
    expect(quiet.events).toEqual([]);
    watcher.close();
    quiet.close();
  });

  it('reaches Socket.IO below /ws/ too, where the proxy of existing installations lets it through', async () => {
    for (const transports of [['websocket'], ['polling']]) {
      const watcher = await SocketWatcher.connect(server.url, { path: '/ws/socket.io', transports });
      expect(await watcher.emit('subscribe.list')).toEqual({ ok: true });
      watcher.close();
    }
  });

  it('closes a plain socket to an unknown experiment so that nobody comes back for ever', async () => {
    const client = await PlainClient.connect(server.url, '/ws/experiments/nobody');
    expect(await client.closed).toEqual({ code: 4004, reason: 'Experiment not found' });
    expect(client.frames.all).toEqual([
      {
        type: 'status',
        data: {
          experiment_id: 'nobody',
          status: 'error',
          completed_at: null,
          final: true,
          close_connection: true,
          error: 'Experiment not found',
        },
      },
    ]);
  });
});
