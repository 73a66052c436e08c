import { type DashboardView } from '../support/plain-client';
import { Dashboard, type ExperimentForm } from '../support/dashboard';
import { anAgent } from '../support/factories';
import { withServer } from '../support/with-server';

/** Issue by issue what a user of the existing dashboard does, one page after the other (decision 7). */
describe('the existing dashboard', () => {
  const server = withServer({ PULL_RETRY_ATTEMPTS: '0', PULL_PROGRESS_THROTTLE_MS: '5' });
  let dashboard: Dashboard;
  beforeEach(() => {
    dashboard = new Dashboard(server.url);
  });

  const form = (changes: Partial<ExperimentForm> = {}): ExperimentForm => ({
    name: 'Weekend in Lisbon',
    task: { id: `task-${Date.now()}`, prompt: 'Plan a trip' },
    agents: [anAgent('Guide', { temperature: 0.7 }), anAgent('Critic', { temperature: 0.7 })],
    iterations: 2,
    chatRules: {
      max_rounds: 2,
      team_type: 'round_robin',
      selector_prompt: '',
      allow_repeat_speaker: false,
      max_consecutive_auto_reply: 10,
      termination_condition: '',
    },
    ...changes,
  });

  const texts = ({ finished }: DashboardView) =>
    finished.map(({ title, messages }) => [title, messages.map(({ content }) => content)]);

  it('creates, watches, renames during and after, finishes, lists, reopens and deletes an experiment', async () => {
    await server.simulator.script(...['one', 'two', 'three', 'four'].map((text) => ({ text })));
    await server.simulator.control('hold', {});
    const { id, view } = await dashboard.startExperiment(form());
    await server.simulator.waitUntil('heldChats', 1);
    await dashboard.saveExperiment(id, 'Renamed while it runs', 'running', form());
    view.cut();
    await server.simulator.control('release');
    await view.over;
    await dashboard.noteCompletion(id, view, form());

    expect(texts(view)).toEqual([
      ['Run 1', ['Plan a trip', 'one', 'two']],
      ['Run 2', ['Plan a trip', 'three', 'four']],
    ]);
    expect(view.status).toBe('completed');
    await dashboard.saveExperiment(id, 'Renamed afterwards', 'completed', form());
    const { experiments } = await dashboard.history();
    expect(experiments.filter(({ experiment_id: listed }) => listed === id)).toMatchObject([
      { title: 'Renamed afterwards', status: 'completed', agent_count: 2, iterations: 2 },
    ]);
    const { shown, view: reopened } = await dashboard.reopen(id);
    expect(shown?.messages.map(({ content }) => content)).toEqual(['Plan a trip', 'three', 'four']);
    expect(reopened.status).toBe('completed');
    expect(await dashboard.deleteExperiment(id)).toBe(200);
    expect((await dashboard.history()).experiments).toEqual([]);
  });

  it('keeps the name of the user although it sends a made-up one on completion', async () => {
    const { id, view } = await dashboard.startExperiment(form({ iterations: 1 }));
    await view.over;
    await dashboard.noteCompletion(id, view, form());
    const { experiments } = await dashboard.history();
    expect(experiments.find(({ experiment_id: listed }) => listed === id)?.title).toBe('Weekend in Lisbon');
  });

  it('imports, opens, edits and deletes conversations, under any id', async () => {
    for (const id of ['conv-1', 'my talk/with Ann ü', undefined]) {
      const saved = await dashboard.importFile({
        ...(id === undefined ? {} : { id }),
        title: 'A talk',
        messages: [
          { agent: { name: 'Ann', model: 'llama2' }, content: 'Hello' },
          { agent: { name: 'Bob' }, content: 'Hi' },
          { content: 'Who am I?' },
        ],
      });
      const opened = await dashboard.openConversation(saved);
      expect(opened.messages.map(({ content }) => content)).toEqual(['Hello', 'Hi', 'Who am I?']);
      const [first, ...others] = opened.agents;
      const renamed = { ...first, name: 'Anna', originalName: 'Ann' };
      const edited = { ...opened, title: 'Edited', agents: [renamed, ...others] };
      expect(await dashboard.saveConversation(edited)).toBe('updated');
      expect(await dashboard.openConversation(saved)).toMatchObject({
        title: 'Edited',
        agents: [{ name: 'Anna', originalName: 'Ann' }, { name: 'Bob' }, { name: 'unknown' }],
      });
      expect((await dashboard.history()).imported.map(({ id: listed }) => listed)).toEqual([saved]);
      expect(await dashboard.deleteConversation(saved)).toBe(200);
      expect((await dashboard.history()).imported).toEqual([]);
    }
  });

  it('pulls, cancels, pulls again, and sees a model in the list', async () => {
    await server.simulator.control('hold', { match: { path: '/api/pull' } });
    const first = await dashboard.pull('tiny:1b');
    await server.simulator.waitUntil('heldPulls', 1);
    await dashboard.pollPulls();
    expect(dashboard.pulls.get(first.taskId)?.status).toBe('running');
    const second = await dashboard.pull('tiny:1b');
    expect(second.taskId).toBe(first.taskId);

    expect(await dashboard.cancelPull(first.taskId)).toBe(200);
    await expect(first.watched.outcome).rejects.toThrow('cancelled');
    await expect(second.watched.outcome).rejects.toThrow('cancelled');
    expect(await Promise.all([first.watched.closed, second.watched.closed])).toEqual([1000, 1000]);
    await server.simulator.control('release');
    const again = await dashboard.pull('tiny:1b');
    expect(again.taskId).not.toBe(first.taskId);
    await again.watched.outcome;
    await dashboard.pollPulls();
    expect(dashboard.pulls.get(first.taskId)?.status).toBe('cancelled');
    expect(dashboard.pulls.get(again.taskId)).toMatchObject({
      status: 'completed',
      progress: { percent: 100 },
    });
    expect(await dashboard.installedModels()).toContain('tiny:1b');
  });

  it('shows why a pull failed for as long as it is polled, and dismisses it', async () => {
    const { taskId, watched } = await dashboard.pull('unknown-model');
    await expect(watched.outcome).rejects.toThrow('file does not exist');
    expect(await watched.closed).toBe(1000);
    await dashboard.pollPulls();
    expect(dashboard.pulls.get(taskId)).toMatchObject({
      status: 'error',
      error: expect.stringContaining('file does not exist'),
    });
    expect(await dashboard.dismissPull(taskId)).toBe(200);
    await dashboard.pollPulls();
    expect(dashboard.pulls.has(taskId)).toBe(false);
  });

  it('deletes a model with slashes in its name', async () => {
    const name = 'hf.co/acme/tiny-gguf:Q4_K_M';
    const { watched } = await dashboard.pull(name);
    await watched.outcome;
    expect(await dashboard.installedModels()).toContain(name);
    expect(await dashboard.deleteModel(name)).toBe(200);
    expect(await dashboard.installedModels()).not.toContain(name);
    expect(await dashboard.deleteModel(name)).toBe(404);
  });

  it('checks the address of Ollama on the settings page', async () => {
    expect(await dashboard.checkOllama(server.simulator.url)).toEqual({
      version: '0.33.0',
      models: expect.arrayContaining(['llama3.2:3b']),
    });
    expect(await dashboard.checkOllama('http://127.0.0.1:9')).toBeNull();
    expect(await dashboard.checkOllama('http://169.254.169.254/latest')).toBeNull();
    expect(await dashboard.checkOllama('not an address')).toBeNull();
  });
});
