import { request } from 'node:http';
import { ExperimentWaits } from '../../src/experiments/experiment-waits';
import { type ExperimentWaited } from '../../src/experiments/dto/experiment-answers.dto';
import { anAgent, anExperiment } from '../support/factories';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

describe('waiting for the end of an experiment', () => {
  const server = withServer();

  const wait = (id: string, query = '') =>
    server.api.get<ExperimentWaited>(`/api/experiments/${id}/wait${query}`);
  const startHeld = async () => {
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };
  const waiting = () => Reflect.get(server.app.get(ExperimentWaits), 'waiting') as Map<string, unknown>;
  /** A wait has begun when the server knows of it. */
  const untilWaiting = async (count: number) => {
    while (waiting().size !== count) {
      await new Promise(setImmediate);
    }
  };

  it('is answered as soon as it is over', async () => {
    const id = await startHeld();
    const answers = Promise.all([wait(id), wait(id, '?timeout=300')]);
    await untilWaiting(1);
    await server.simulator.control('release');
    const experiment = await server.api.experiment(id);
    for (const { status, body } of await answers) {
      expect(status).toBe(200);
      expect(body).toEqual({
        experiment_id: id,
        status: 'completed',
        state: 'completed',
        pause_reason: null,
        queue_position: null,
        eta_seconds: null,
        current_iteration: 1,
        iterations: 1,
        completed_runs: 1,
        failed_runs: 0,
        completed_at: expect.any(String),
        error_code: null,
        error: null,
        finished: true,
      });
    }
    expect((await wait(id)).body).toMatchObject({ finished: true });
    expect(experiment.experiment_id).toBe(id);
    expect(waiting().size).toBe(0);
  });

  it.each(['0', '0.05'])('is answered after %s seconds when it is not over', async (timeout) => {
    const id = await startHeld();
    expect(await wait(id, `?timeout=${timeout}`)).toMatchObject({
      status: 200,
      body: { experiment_id: id, state: 'running', finished: false, completed_at: null },
    });
    expect(waiting().size).toBe(0);
    await server.simulator.control('release');
    await server.untilOver(id);
  });

  it.each(['-1', '301', 'x', '1e999', 'NaN'])('refuses %s seconds', async (timeout) => {
    expect(await wait('nobody', `?timeout=${timeout}`)).toMatchObject({
      status: 422,
      body: { code: 'VALIDATION_FAILED', detail: [{ loc: ['query', 'timeout'] }] },
    });
  });

  it('is answered with 404 when there is no such experiment, or not any more', async () => {
    expect(await wait('nobody')).toMatchObject({ status: 404, body: { code: 'EXPERIMENT_NOT_FOUND' } });
    const id = await startHeld();
    const answer = wait(id, '?timeout=300');
    await untilWaiting(1);
    await server.api.delete(`/api/experiments/${id}`);
    // It is stopped before it is removed, and the answer may be made in between.
    const { status, body } = await answer;
    expect([200, 404]).toContain(status);
    expect(status === 404 || body.state === 'cancelled').toBe(true);
  });

  it('leaves nothing behind when the client goes', async () => {
    const id = await startHeld();
    const sent = request(`${server.url}/api/experiments/${id}/wait?timeout=300`, { agent: false });
    sent.on('error', () => undefined).end();
    await untilWaiting(1);
    sent.destroy();
    await untilWaiting(0);
    await server.simulator.control('release');
    expect((await server.untilOver(id)).experiment.state).toBe('completed');
  });

  it('is answered at once when the server stops', async () => {
    const app = await startApp(server.simulator.url, { SHUTDOWN_GRACE_SECONDS: '0' });
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await app.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    const answer = app.api.get<ExperimentWaited>(`/api/experiments/${id}/wait?timeout=300`);
    const calls = Reflect.get(app.app.get(ExperimentWaits), 'waiting') as Map<string, unknown>;
    while (calls.size === 0) {
      await new Promise(setImmediate);
    }
    await Promise.all([app.close(), answer]);
    expect(await answer).toMatchObject({ status: 200, body: { experiment_id: id } });
  });
});
