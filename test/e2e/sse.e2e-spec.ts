import { request } from 'node:http';
import { EventPump } from '../../src/live/event-pump';
import { anAgent, anExperiment } from '../support/factories';
import { send } from '../support/raw-http';
import { SocketWatcher } from '../support/socket-watcher';
import { SseWatcher } from '../support/sse-watcher';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';
import { withServer } from '../support/with-server';

const HOSTILE = [
  'one\r\ntwo\rthree\n\nfour',
  'a\n\nid: 99\nevent: experiment.removed\ndata: {"gone":true}\n\nb',
  'line\u2028paragraph\u2029next\u0085end',
  ': ping\n\nretry: 1\n\n"\\\u0001\u001f',
];

/** What a Socket.IO client and one of Server-Sent Events got of an experiment, as texts. */
const textsOf = (watcher: SocketWatcher) => watcher.events.map((event) => JSON.stringify(event));

describe('Server-Sent Events', () => {
  const server = withServer({ SSE_HEARTBEAT_SECONDS: '0.2' });
  const open: { close: () => void }[] = [];

  const watch = async (
    ...args: Parameters<typeof SseWatcher.connect> extends [string, ...infer R] ? R : never
  ) => {
    const watcher = await SseWatcher.connect(server.url, ...args);
    open.push(watcher);
    return watcher;
  };
  const watchSocket = async (id: string) => {
    const watcher = await SocketWatcher.connect(server.url);
    open.push(watcher);
    await watcher.subscribe(id, { after: 0 });
    return watcher;
  };
  /** An experiment whose first turn has begun and waits. */
  const startHeld = async (afterTokens: number, changes: Record<string, unknown> = {}) => {
    await server.simulator.control('hold', { afterTokens });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')], ...changes }));
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };

  afterEach(() => {
    open.splice(0).forEach((watcher) => watcher.close());
  });

  it('give early and late watchers the same events as Socket.IO, byte for byte, and end with the experiment', async () => {
    const id = await startHeld(2, {
      agents: [anAgent('Guide'), anAgent('Critic')],
      chat_rules: { max_rounds: 4 },
      iterations: 2,
    });
    const [socket, early] = [await watchSocket(id), await watch(id)];
    await early.waitFor('turn.delta');
    await server.simulator.control('release');
    await early.waitFor('message', ({ iteration }) => iteration === 2);
    const late = await watch(id);
    await Promise.all([early.gone, late.gone, socket.untilOver()]);
    const finished = await watch(id);
    await finished.gone;

    for (const watcher of [early, late, finished]) {
      expect(watcher.texts).toEqual(textsOf(socket));
      const stored = watcher.received.all.filter(({ hasId }) => hasId);
      expect(stored.map(({ lastEventId }) => lastEventId)).toEqual(stored.map((_, index) => `${index + 1}`));
      expect(stored.map(({ event }) => event)).toEqual(watcher.events.map(({ type }) => type));
      expect(watcher.connections).toBe(1);
    }
    expect(early.events).toEqual(await server.api.events(id));
    expect(early.events.at(-1)).toMatchObject({ type: 'experiment.status', state: 'completed' });
    expect(finished.deltas).toEqual([]);
    expect(early.retryMs).toBe(1_000);
    expect(early.answer?.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  });

  it('send a late watcher the text so far, and every delta after it without a hole', async () => {
    await server.simulator.script({ tokens: ['One ', 'two ', 'three ', 'four ', 'five.'] });
    const id = await startHeld(3);
    const early = await watch(id);
    await early.received.waitFor(
      () => early.deltas.map(({ text }) => text).join('') === 'One two three',
      'the held text',
    );
    const [late, textless] = [await watch(id), await watch(id, { deltas: false })];
    await late.waitFor('turn.delta', ({ offset, text }) => offset === 0 && text === 'One two three');
    await server.simulator.control('release');
    await Promise.all([early.gone, late.gone, textless.gone]);

    for (const watcher of [early, late]) {
      let text = '';
      for (const delta of watcher.deltas) {
        expect(delta.offset).toBe(text.length);
        text += delta.text;
      }
      expect(text).toBe('One two three four five.');
      expect(
        watcher.received.all.filter(({ event }) => event === 'turn.delta').some(({ hasId }) => hasId),
      ).toBe(false);
    }
    const names = late.received.all.map(({ event }) => event);
    expect(names.indexOf('turn.started')).toBeLessThan(names.indexOf('turn.delta'));
    expect(textless.deltas).toEqual([]);
    expect(textless.texts).toEqual(early.texts);
  });

  it('keep hostile texts in their place', async () => {
    await server.simulator.script(...HOSTILE.map((text) => ({ text })));
    const id = await startHeld(1, {
      task: { id: 'task-1', prompt: HOSTILE.join('\n\n') },
      iterations: HOSTILE.length,
    });
    const [socket, watcher] = [await watchSocket(id), await watch(id)];
    await server.simulator.control('release');
    await Promise.all([watcher.gone, socket.untilOver()]);

    expect(watcher.texts).toEqual(textsOf(socket));
    const said = watcher.events.flatMap((event) =>
      event.type === 'message' && event.message.agentId === 'solo' ? [event.message.content] : [],
    );
    expect(said).toEqual(HOSTILE.map((text) => text.trim()));
    expect(watcher.received.all.map(({ event }) => event)).not.toContain('experiment.removed');
    expect(watcher.retryMs).toBe(1_000);
  });

  it('go on after a cut where `Last-Event-ID` says, whatever `after` says, and stop the client with 204', async () => {
    const id = await startHeld(2, { chat_rules: { max_rounds: 6 }, agents: [anAgent('A1'), anAgent('B2')] });
    const watcher = await watch(id, { after: 0 });
    await watcher.waitFor('turn.delta');
    const seen = watcher.texts.length;
    watcher.cut();
    await watcher.gone;
    await server.simulator.control('release');
    await watcher.follow();

    expect(watcher.connections).toBe(3);
    expect(watcher.answer).toMatchObject({ status: 204, text: '' });
    expect(seen).toBeLessThan(watcher.texts.length);
    expect(watcher.events).toEqual(await server.api.events(id));
  });

  it('begin after the number that `after` names; a number past the end of a finished one leads to 204', async () => {
    const { experiment, events } = await server.run(anExperiment());
    const id = experiment.experiment_id;
    const watcher = await watch(id, { after: 3 });
    await watcher.gone;
    expect(watcher.events).toEqual(events.slice(3));
    const past = new SseWatcher(server.url, id, { after: events.length });
    expect(await past.open()).toMatchObject({ status: 204 });
    const empty = new SseWatcher(server.url, id, { headers: { 'last-event-id': '' } });
    await empty.open();
    await empty.gone;
    expect(empty.events).toEqual(events);
  });

  it.each(['x', '-1', '1.5', '1e3', '0x10', '9'.repeat(16), '1, 2', '٣'])(
    'refuse the Last-Event-ID %j with 422',
    async (value) => {
      const answer = await send(server.url, {
        path: '/api/experiments/nobody/events',
        headers: { accept: 'text/event-stream', 'last-event-id': Buffer.from(value).toString('latin1') },
      });
      expect(answer).toMatchObject({
        status: 422,
        json: { code: 'VALIDATION_FAILED', detail: [{ loc: ['header', 'Last-Event-ID'] }] },
      });
    },
  );

  it.each(['after=-1', 'after=x', 'after=1.5', 'deltas=perhaps'])(
    'refuse the query %s with 422',
    async (query) => {
      const answer = await send(server.url, {
        path: `/api/experiments/nobody/events?${query}`,
        headers: { accept: 'text/event-stream' },
      });
      expect(answer).toMatchObject({
        status: 422,
        json: { detail: [{ loc: ['query', query.split('=', 1)[0]] }] },
      });
    },
  );

  it('are given only to who asks for them', async () => {
    const { experiment } = await server.run(anExperiment({ agents: [anAgent('Solo')] }));
    const typeFor = async (accept: string, method = 'GET') =>
      (
        await send(server.url, {
          method,
          path: `/api/experiments/${experiment.experiment_id}/events`,
          headers: { accept },
        })
      ).headers['content-type'];
    const json = ['*/*', 'application/json', 'text/*', 'text/html, */*;q=0.1', '', 'text/event-stream;q=0'];
    expect(await Promise.all(json.map((accept) => typeFor(accept)))).toEqual(
      json.map(() => 'application/json; charset=utf-8'),
    );
    expect(await typeFor('application/json, text/event-stream')).toContain('application/json');
    const streams = ['text/event-stream', 'TEXT/Event-Stream', 'text/event-stream, application/json;q=0.5'];
    expect(await Promise.all(streams.map((accept) => typeFor(accept)))).toEqual(
      streams.map(() => 'text/event-stream; charset=utf-8'),
    );
    expect(await typeFor('text/event-stream', 'HEAD')).toContain('text/event-stream');
  });

  it('show a sign of life while nothing happens', async () => {
    const id = await startHeld(0);
    const watcher = await watch(id);
    await watcher.comments.waitFor(() => watcher.comments.all.length >= 2, 'two comments');
    expect(new Set(watcher.comments.all)).toEqual(new Set(['ping']));
    await server.simulator.control('release');
    await watcher.gone;
  });

  it('say that an unknown experiment is not there, also when it was removed meanwhile', async () => {
    const nobody = new SseWatcher(server.url, 'nobody');
    expect(await nobody.open()).toMatchObject({ status: 404, text: expect.stringContaining('NOT_FOUND') });
    const id = await startHeld(0);
    const watcher = await watch(id);
    await server.api.delete(`/api/experiments/${id}`);
    await watcher.gone;
    // It is stopped before it is removed.
    expect(watcher.events.at(-1)).toMatchObject({ type: 'experiment.status', state: 'cancelled' });
    await expect(watcher.follow()).rejects.toThrow('404');
  });

  it('leave no trace of clients that come and go, and those never stop a run', async () => {
    const id = await startHeld(0);
    const steady = await watch(id);
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const sent = request(`${server.url}/api/experiments/${id}/events`, {
          agent: false,
          headers: { accept: 'text/event-stream' },
        });
        sent.on('error', () => undefined).end();
        const gone = new Promise((resolve) => sent.once('close', resolve));
        const moment = ['socket', 'finish', 'response'][index % 3] ?? '';
        sent.once(moment, () => setImmediate(() => sent.destroy()));
        await gone;
      }),
    );
    await server.simulator.control('release');
    await steady.gone;
    expect((await server.untilOver(id)).experiment.state).toBe('completed');
    const watched = Reflect.get(server.app.get(EventPump), 'streams') as Map<string, unknown>;
    expect(watched.has(id)).toBe(false);
  });
});

describe('Server-Sent Events of a server that stops', () => {
  const around = withDataFolder();

  it('say so, end properly, and go on where they were when it is back', async () => {
    const env = { SHUTDOWN_GRACE_SECONDS: '0.1' };
    const first = await startServer(around.simulator.url, around.folder, env);
    await around.simulator.control('hold', { afterTokens: 1 });
    const id = await first.api.start(anExperiment());
    let { url } = first;
    const watcher = new SseWatcher(() => url, id);
    const followed = watcher.follow();
    await watcher.waitFor('turn.delta');
    expect(await first.stop()).toBe(0);
    await watcher.waitFor('server.closing');
    expect(watcher.isComplete).toBe(true);

    await around.simulator.control('release');
    const second = await startServer(around.simulator.url, around.folder, env);
    ({ url } = second);
    await followed;
    expect(watcher.answer?.status).toBe(204);
    expect(watcher.events).toEqual(await second.api.events(id));
    expect(watcher.events.at(-1)).toMatchObject({ type: 'experiment.status', state: 'completed' });
    expect(await second.stop()).toBe(0);
  });
});

describe('a client of Server-Sent Events that does not read', () => {
  const around = withDataFolder();

  it('is disconnected, costs others nothing, and gets what it missed when it comes back', async () => {
    const app = await startServer(around.simulator.url, around.folder, { SLOW_CONSUMER_QUEUE: '80' });
    await around.simulator.script({ tokens: ['x'.repeat(900_000)], times: 'forever' });
    await around.simulator.control('hold', { afterTokens: 0 });
    const id = await app.api.start(anExperiment({ agents: [anAgent('Solo')], iterations: 30 }));
    const deaf = await SseWatcher.connect(app.url, id, { deltas: false });
    const steady = await SseWatcher.connect(app.url, id, { deltas: false });
    await deaf.waitFor('turn.started');
    deaf.stopReading();
    await around.simulator.control('release');
    await steady.gone;

    expect(app.output()).toContain('SLOW_CONSUMER');
    expect(app.output().match(/SLOW_CONSUMER/g)).toHaveLength(1);
    const seen = deaf.texts.length;
    deaf.readOn();
    await deaf.gone;
    expect(deaf.isComplete).toBe(false);
    expect(deaf.texts.length).toBeLessThan(steady.texts.length);
    expect(deaf.texts.length).toBeGreaterThanOrEqual(seen);
    await deaf.follow();
    expect(deaf.texts.length).toBe(steady.texts.length);
    expect(deaf.texts.every((text, index) => text === steady.texts[index])).toBe(true);
    expect(await app.stop()).toBe(0);
  });
});
