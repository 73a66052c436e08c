import { anAgent, anExperiment } from '../support/factories';
import { shape } from '../support/frames';
import { PlainClient } from '../support/plain-client';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

describe('the plain WebSocket of existing clients', () => {
  const server = withServer();

  const open = (id: string) => PlainClient.connect(server.url, `/ws/experiments/${id}`);

  it('says every frame of an experiment with two runs in its order', async () => {
    await server.simulator.script({ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }, { text: 'Four.' });
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ iterations: 2 }));
    await server.simulator.waitUntil('heldChats', 1);
    const client = await open(id);
    await client.frames.waitFor(({ type }) => type === 'message');
    await server.simulator.control('release');
    expect(await client.closed).toEqual({ code: 1000, reason: 'Experiment completed' });

    expect(client.frames.all.map(shape)).toEqual([
      { status: 'running', run: 1, final: false, closes: false },
      { title: 'Run 1', messages: [] },
      'agent-2: Plan a trip',
      'guide: One.',
      'critic: Two.',
      { title: 'Run 1', messages: ['Plan a trip', 'One.', 'Two.'] },
      { status: 'running', run: 2, final: false, closes: false },
      { title: 'Run 2', messages: [] },
      'agent-2: Plan a trip',
      'guide: Three.',
      'critic: Four.',
      { title: 'Run 2', messages: ['Plan a trip', 'Three.', 'Four.'] },
      { status: 'completed', run: 2, final: true, closes: true },
    ]);

    const stored = await server.api.experiment(id);
    for (const { type, data } of client.frames.all) {
      if (type === 'status') {
        expect(data['experiment_id']).toBe(id);
      }
      if (type === 'conversation') {
        const run = stored.conversations.find(({ iteration }) => iteration === data['iteration']);
        expect(data).toMatchObject({ id: run?.id, experiment_id: id, agents: run?.agents });
        expect([[], run?.messages]).toContainEqual(data['messages']);
      }
      if (type === 'message') {
        expect(Object.keys(data).toSorted()).toEqual(['agentId', 'content', 'id', 'model', 'timestamp']);
        expect(stored.conversations.flatMap(({ messages }) => messages)).toContainEqual(data);
      }
    }
    expect(client.frames.all.at(-1)?.data['completed_at']).toBe(stored.completed_at);
  });

  it('brings a client that comes in the second run its start and its messages, not the first run again', async () => {
    await server.simulator.script({ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }, { text: 'Four.' });
    await server.simulator.control('hold', { afterTokens: 0, match: { contains: 'Three.' } });
    const id = await server.api.start(anExperiment({ iterations: 2 }));
    await server.simulator.waitUntil('heldChats', 1);
    const client = await open(id);
    await client.frames.waitFor(({ data }) => data['content'] === 'Three.');
    await server.simulator.control('release');
    await client.closed;
    expect(client.frames.all.map(shape)).toEqual([
      { status: 'running', run: 2, final: false, closes: false },
      { title: 'Run 2', messages: [] },
      'agent-2: Plan a trip',
      'guide: Three.',
      'critic: Four.',
      { title: 'Run 2', messages: ['Plan a trip', 'Three.', 'Four.'] },
      { status: 'completed', run: 2, final: true, closes: true },
    ]);
  });

  it('tells of a run that failed, keeps the connection, and goes on with the next run', async () => {
    await server.simulator.script({ text: 'These words are lost.' }, { text: 'Fine.' });
    await server.simulator.faults({ fault: 'error_line' });
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ iterations: 2, agents: [anAgent('Solo')] }));
    await server.simulator.waitUntil('heldChats', 1);
    const client = await open(id);
    await client.frames.waitFor(({ type }) => type === 'message');
    await server.simulator.control('release');
    await client.closed;
    expect(client.frames.all.map(shape)).toEqual([
      { status: 'running', run: 1, final: false, closes: false },
      { title: 'Run 1', messages: [] },
      'agent-1: Plan a trip',
      { status: 'error', run: 1, final: true, closes: false },
      { title: 'Run 1', messages: ['Plan a trip'] },
      { status: 'running', run: 2, final: false, closes: false },
      { title: 'Run 2', messages: [] },
      'agent-1: Plan a trip',
      'solo: Fine.',
      { title: 'Run 2', messages: ['Plan a trip', 'Fine.'] },
      { status: 'completed', run: 2, final: true, closes: true },
    ]);
  });

  it('ends a failed experiment with its error', async () => {
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo', { model: 'nobody:1b' })] }));
    const client = await open(id);
    await client.closed;
    expect(client.frames.all.at(-1)).toMatchObject({
      type: 'status',
      data: { experiment_id: id, status: 'error', final: true, close_connection: true },
    });
    expect(client.frames.all.at(-1)?.data['error']).toContain("Model 'nobody:1b' is not installed");
  });

  it('gives a client of a finished experiment the final frame first, then closes', async () => {
    const id = await server.api.start(anExperiment());
    await (
      await open(id)
    ).closed;
    const { completed_at } = await server.api.experiment(id);
    const client = await open(id);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Experiment completed' });
    expect(client.frames.all).toEqual([
      {
        type: 'status',
        data: {
          experiment_id: id,
          status: 'completed',
          current_iteration: 1,
          completed_at,
          final: true,
          close_connection: true,
        },
      },
    ]);
  });

  it('does not read what clients say, and closing it never stops the experiment', async () => {
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment());
    const client = await open(id);
    client.socket.send('{"type":"ping"}');
    client.socket.send('nonsense');
    client.socket.send(Buffer.from([0, 255]));
    client.socket.terminate();
    const other = await open(id);
    await server.simulator.control('release');
    await other.closed;
    expect((await server.api.experiment(id)).completed_runs).toBe(1);
  });

  it('keeps connections alive with protocol pings and gives up on those that do not answer', async () => {
    const pinging = await startApp(server.simulator.url, { SOCKET_PING_INTERVAL_MS: '100' });
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await pinging.api.start(anExperiment());
    const client = await PlainClient.connect(pinging.url, `/ws/experiments/${id}`);
    await new Promise((resolve) => client.socket.once('ping', resolve));
    client.socket.pause();
    client.socket.resume();
    const mute = await PlainClient.connect(pinging.url, `/ws/experiments/${id}`);
    Object.defineProperty(mute.socket, 'pong', { value: () => undefined });
    expect((await mute.closed).code).toBe(1006);
    await server.simulator.control('release');
    expect((await client.closed).code).toBe(1000);
    await pinging.close();
  });

  it('answers upgrades to paths that nobody has', async () => {
    await expect(PlainClient.connect(server.url, '/ws/nobody/x')).rejects.toThrow('404');
    await expect(PlainClient.connect(server.url, '/elsewhere')).rejects.toThrow('404');
  });
});
