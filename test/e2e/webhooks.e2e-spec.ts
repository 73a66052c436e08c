import { type Api } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { SocketWatcher } from '../support/socket-watcher';
import { type Env, startApp, startServer, type TestApp } from '../support/test-app';
import {
  isSigned,
  startReceiver,
  type WebhookAnswer,
  type WebhookReceiver,
} from '../support/webhook-receiver';
import { withDataFolder } from '../support/with-data-folder';
import { finished } from '../support/with-server';

const SECRET = 'a secret for webhooks';
const ONE = { agents: [anAgent('Solo')] };

describe('the webhook of an experiment', () => {
  const around = withDataFolder();
  let receivers: WebhookReceiver[] = [];
  let apps: TestApp[] = [];

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await Promise.all(receivers.map((receiver) => receiver.stop()));
    [apps, receivers] = [[], []];
  });

  const receive = async (answer: WebhookAnswer) => {
    const receiver = await startReceiver(answer);
    receivers.push(receiver);
    return receiver;
  };
  const envFor = (...hosts: WebhookReceiver[]): Env => ({
    WEBHOOK_HOSTS: hosts.map(({ host }) => host).join(','),
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_BACKOFF_SECONDS: '0.01',
    WEBHOOK_ATTEMPTS: '3',
  });
  const start = async (env: Env) => {
    const app = await startApp(around.simulator.url, env);
    apps.push(app);
    return app;
  };
  /** Runs an experiment to its end. */
  const run = async (app: TestApp, callback_url: string) => {
    const id = await app.api.start(anExperiment({ ...ONE, callback_url }));
    await finished(app, id);
    return id;
  };
  /** Its delivery once it is in a state. */
  const untilState = async (api: Api, id: string, state: string) => {
    for (;;) {
      const { webhook } = await api.experiment(id);
      if (webhook?.state === state) {
        return webhook;
      }
      await new Promise(setImmediate);
    }
  };

  it('tells of the end with a signature, again until it is taken, always the same message', async () => {
    const receiver = await receive((response, before) => response.writeHead(before < 2 ? 503 : 200).end());
    const app = await start(envFor(receiver));
    const id = await run(app, `${receiver.url}/hook?token=t`);
    await receiver.waitForCount(3);

    expect(await untilState(app.api, id, 'delivered')).toEqual({
      state: 'delivered',
      attempts: 3,
      last_error: null,
    });
    const { completed_at, title } = await app.api.experiment(id);
    for (const webhook of receiver.received.all) {
      expect([webhook.method, webhook.path]).toEqual(['POST', '/hook?token=t']);
      expect(webhook.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': id });
      expect(Math.abs(Number(webhook.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
      expect(isSigned(SECRET, webhook)).toBe(true);
      expect(isSigned('another secret', webhook)).toBe(false);
      expect(JSON.parse(webhook.body)).toEqual({
        type: 'experiment.finished',
        timestamp: completed_at,
        data: {
          experiment_id: id,
          title,
          status: 'completed',
          state: 'completed',
          pause_reason: null,
          queue_position: null,
          eta_seconds: null,
          current_iteration: 1,
          iterations: 1,
          completed_runs: 1,
          failed_runs: 0,
          completed_at,
          error_code: null,
          error: null,
          message_count: 2,
        },
      });
    }
    expect(new Set(receiver.received.all.map(({ body }) => body)).size).toBe(1);
  });

  it.each<[string, WebhookAnswer, number, string]>([
    ['says 500', (response) => response.writeHead(500).end('x'.repeat(100_000)), 3, '500'],
    ['wants no more of it', (response) => response.writeHead(410).end(), 1, '410'],
    ['hangs up', (response) => response.destroy(), 3, 'ECONNRESET'],
    ['does not answer in time', () => undefined, 3, 'TIMEOUT'],
  ])('is given up when the receiver %s', async (_what, answer, attempts, error) => {
    const receiver = await receive(answer);
    const app = await start({ ...envFor(receiver), WEBHOOK_TIMEOUT_SECONDS: '0.3' });
    const id = await run(app, receiver.url);
    expect(await untilState(app.api, id, 'failed')).toEqual({ state: 'failed', attempts, last_error: error });
    expect(receiver.received.all).toHaveLength(attempts);
  });

  it('is given up when nobody listens', async () => {
    const receiver = await startReceiver(() => undefined);
    await receiver.stop();
    const app = await start(envFor(receiver));
    const id = await run(app, receiver.url);
    expect(await untilState(app.api, id, 'failed')).toMatchObject({
      attempts: 3,
      last_error: 'ECONNREFUSED',
    });
  });

  it('follows no redirect', async () => {
    const trap = await receive((response) => response.end());
    const receiver = await receive((response) => response.writeHead(307, { location: trap.url }).end());
    const app = await start(envFor(receiver, trap));
    const id = await run(app, receiver.url);
    expect(await untilState(app.api, id, 'failed')).toMatchObject({ last_error: '307' });
    expect(trap.received.all).toEqual([]);
  });

  it('is delivered by an answer whose body never ends', async () => {
    const receiver = await receive((response) => response.writeHead(200).write('x'.repeat(100_000)));
    const app = await start(envFor(receiver));
    const id = await run(app, receiver.url);
    await untilState(app.api, id, 'delivered');
    await receiver.received.all[0]?.closed;
  });

  it('tells of experiments that were stopped or failed, and of four at once', async () => {
    const held: (() => void)[] = [];
    const receiver = await receive((response) => {
      held.push(() => response.end());
    });
    const app = await start(envFor(receiver));
    await around.simulator.control('hold', { afterTokens: 0 });
    const ids = await Promise.all(
      Array.from({ length: 6 }, () => app.api.start(anExperiment({ ...ONE, callback_url: receiver.url }))),
    );
    await Promise.all(ids.map((id) => app.api.put(`/api/experiments/${id}/status?status=error`)));
    await receiver.waitForCount(4);
    await app.api.get('/health');
    expect(receiver.received.all).toHaveLength(4);
    for (const next of [5, 6]) {
      held.shift()?.();
      await receiver.waitForCount(next);
    }
    held.forEach((end) => end());
    await Promise.all(ids.map((id) => untilState(app.api, id, 'delivered')));
    const told = receiver.received.all.map(({ body }) => JSON.parse(body) as { data: object });
    expect(told).toEqual(
      ids.map(() => ({ ...told[0], timestamp: expect.any(String), data: expect.anything() })),
    );
    expect(told[0]?.data).toMatchObject({ status: 'error', error_code: 'CANCELLED' });
    expect(new Set(receiver.received.all.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(ids));
  });

  it('is refused with 422 for what is no address that can be told', async () => {
    const app = await start({ WEBHOOK_HOSTS: '127.0.0.1', WEBHOOK_SECRET: SECRET });
    const wrong = [
      'ftp://127.0.0.1/x',
      'nothing',
      'http://user:secret@127.0.0.1/',
      `http://127.0.0.1/${'x'.repeat(2_000)}`,
      7,
      {},
      '',
    ];
    for (const callback_url of wrong) {
      const answer = await app.api.post('/api/experiments/start', anExperiment({ callback_url }));
      expect([callback_url, answer]).toMatchObject([
        callback_url,
        { status: 422, body: { code: 'VALIDATION_FAILED', detail: [{ loc: ['body', 'callback_url'] }] } },
      ]);
    }
    expect(await app.api.list()).toEqual([]);
  });

  it('CALLBACK_NOT_ALLOWED: the settings do not name the host, or have no secret', async () => {
    const refusal = async (env: Env) => {
      const app = await start(env);
      const answer = await app.api.post(
        '/api/experiments/start',
        anExperiment({ callback_url: 'http://127.0.0.1:9/' }),
      );
      expect(await app.api.list()).toEqual([]);
      return answer;
    };
    const refused = { status: 400, body: { code: 'CALLBACK_NOT_ALLOWED' } };
    expect(await refusal({})).toMatchObject({
      ...refused,
      body: { message: expect.stringContaining('WEBHOOK_HOSTS') },
    });
    expect(await refusal({ WEBHOOK_HOSTS: '127.0.0.1', WEBHOOK_SECRET: SECRET })).toMatchObject(refused);
    expect(await refusal({ WEBHOOK_HOSTS: '127.0.0.1:9' })).toMatchObject({
      ...refused,
      body: { message: expect.stringContaining('WEBHOOK_SECRET') },
    });
  });

  it('shows in the experiment, and not where none is wanted', async () => {
    const receiver = await receive((response) => response.end());
    const app = await start(envFor(receiver));
    const id = await app.api.start(anExperiment(ONE));
    const { experiment } = await finished(app, id);
    expect(experiment).toMatchObject({ callback_url: null, webhook: null });
    const asked = await run(app, receiver.url);
    expect(await app.api.experiment(asked)).toMatchObject({ callback_url: receiver.url });
    await app.api.delete(`/api/experiments/${asked}`);
    expect(await app.api.get(`/api/experiments/${asked}`)).toMatchObject({ status: 404 });
  });

  it('outlives restarts: by a stop in the middle of it, and by being killed', async () => {
    let isBack = false;
    const receiver = await receive((response) => {
      if (isBack) {
        response.end();
      }
    });
    const env = envFor(receiver);
    const [url, folder] = [around.simulator.url, around.folder];
    const first = await startServer(url, folder, env);
    const id = await first.api.start(anExperiment({ ...ONE, callback_url: receiver.url }));
    await receiver.waitForCount(1);
    expect(await first.stop()).toBe(0);
    await receiver.received.all[0]?.closed;

    const second = await startServer(url, folder, env);
    await receiver.waitForCount(2);
    expect(await second.api.experiment(id)).toMatchObject({
      state: 'completed',
      webhook: { state: 'pending', attempts: 0 },
    });
    await second.stop('SIGKILL');

    isBack = true;
    const third = await startServer(url, folder, env);
    await receiver.waitForCount(3);
    expect(await untilState(third.api, id, 'delivered')).toMatchObject({ attempts: 1 });
    expect(
      new Set(receiver.received.all.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`))
        .size,
    ).toBe(1);
    expect(await third.stop()).toBe(0);
    expect(third.output()).not.toContain(receiver.host);
  });

  it('is not sent where the settings do not allow it any more', async () => {
    const receiver = await receive(() => undefined);
    const [url, folder] = [around.simulator.url, around.folder];
    const first = await startServer(url, folder, envFor(receiver));
    const id = await first.api.start(anExperiment({ ...ONE, callback_url: `${receiver.url}/?token=t` }));
    await receiver.waitForCount(1);
    await first.stop('SIGKILL');

    const second = await startServer(url, folder, { WEBHOOK_HOSTS: receiver.host });
    expect(await untilState(second.api, id, 'failed')).toMatchObject({ last_error: 'CALLBACK_NOT_ALLOWED' });
    expect(receiver.received.all).toHaveLength(1);
    const watcher = await SocketWatcher.connect(second.url);
    await watcher.subscribe(id, { after: 0 });
    await watcher.untilOver();
    watcher.close();
    await second.stop();
    expect(second.output()).toContain('WEBHOOK_SECRET is not');
    expect(second.output()).toMatch(/webhook given up.*CALLBACK_NOT_ALLOWED/);
    expect(second.output()).not.toContain('token');
  });
});
