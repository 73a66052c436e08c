import { type ExperimentList, type ExperimentWaited } from '../../src/experiments/dto/experiment-answers.dto';
import { ModelUse } from '../../src/ollama/model-use';
import { anExperiment } from '../support/factories';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

describe('the estimated end of an experiment', () => {
  const server = withServer();

  /** Five runs of two turns each; the fourth is held in its first turn. */
  const startHeld = async (): Promise<string> => {
    await server.simulator.control('hold', { afterTokens: 0, match: { contains: 'item four' } });
    const items = ['one', 'two', 'three', 'item four', 'five'].map((task) => ({ task }));
    const id = await server.api.start(
      anExperiment({ task: { id: 't', prompt: 'Talk', datasetItems: items } }),
    );
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };
  const listed = async (query = '') => {
    const { body } = await server.api.get<ExperimentList>(`/api/experiments${query}`);
    return new Map(body.experiments.map((entry) => [entry.experiment_id, entry.eta_seconds]));
  };
  const waited = async (id: string) =>
    (await server.api.get<ExperimentWaited>(`/api/experiments/${id}/wait?timeout=0`)).body;

  it('is told wherever the experiment is, while it runs', async () => {
    const over = (await server.run(anExperiment())).experiment.experiment_id;
    const id = await startHeld();
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.emit('subscribe.list');

    const known = expect.any(Number);
    expect(await server.api.experiment(id)).toMatchObject({ state: 'running', eta_seconds: known });
    expect(await waited(id)).toMatchObject({ finished: false, eta_seconds: known });
    expect(await watcher.subscribe(id)).toMatchObject({ eta_seconds: known });
    expect(server.app.get(ModelUse).useOf(id)?.etaSeconds()).toEqual(known);
    expect(await listed()).toEqual(
      new Map([
        [id, known],
        [over, null],
      ]),
    );
    expect(await listed('?limit=1&status=running&model=llama3.2:3b')).toEqual(new Map([[id, known]]));

    await server.api.put(`/api/experiments/${id}`, { title: 'Told anew' });
    const changed = await watcher.waitFor('experiment.changed', ({ title }) => title === 'Told anew');
    expect(changed.payload).toMatchObject({ experiment_id: id, eta_seconds: known });
    watcher.close();

    await server.simulator.control('release');
    await server.untilOver(id);
    expect(await server.api.experiment(id)).toMatchObject({ state: 'completed', eta_seconds: null });
    expect(server.app.get(ModelUse).useOf(id)).toBeUndefined();
  });

  it('stands in each event as it was then', async () => {
    const { events } = await server.run(anExperiment({ iterations: 3 }));
    const estimates = events.flatMap((event) =>
      event.type === 'experiment.status' ? [[event.state, event.current_iteration, event.eta_seconds]] : [],
    );
    expect(estimates).toEqual([
      ['running', 0, null],
      ['running', 1, null],
      ['running', 2, null],
      ['running', 3, expect.any(Number)],
      ['completed', 3, null],
    ]);
  });

  it('is not known while it is paused, and begins anew after that', async () => {
    const id = await startHeld();
    await server.api.post(`/api/experiments/${id}/pause`, { when: 'now' });
    expect(await server.api.experiment(id)).toMatchObject({ state: 'paused', eta_seconds: null });
    expect((await listed()).get(id)).toBeNull();
    await server.api.post(`/api/experiments/${id}/resume`, {});
    await server.simulator.waitUntil('heldChats', 1);
    expect(await server.api.experiment(id)).toMatchObject({ state: 'running', eta_seconds: null });
    await server.simulator.control('release');
    await server.untilOver(id);
  });
});
