import {
  type Conversation,
  type ConversationAgent,
  type Message,
} from '../../src/conversations/conversation.dto';
import { type ExperimentListItem } from '../../src/experiments/dto/experiment-answers.dto';
import { type Api, apiOf } from './api';
import { EventLog } from './events';
import { DashboardView, PlainClient } from './plain-client';

/** What the form of a new experiment holds. */
export interface ExperimentForm {
  /** The name that the user gives it; null = none. */
  readonly name: string | null;
  readonly task: { readonly id: string; readonly prompt: string; readonly datasetItems?: object[] };
  readonly agents: readonly object[];
  readonly iterations: number;
  readonly chatRules: object;
}

/** A conversation file as the import page reads it in the browser. */
export interface ImportedFile {
  readonly id?: string;
  readonly title?: string;
  readonly agents?: readonly ConversationAgent[];
  readonly messages: readonly (
    Message | { readonly agent?: { name?: string; model?: string }; readonly content: string }
  )[];
}

/** A pull as the download page keeps it. */
export interface ShownPull {
  readonly task_id: string;
  readonly model_name: string;
  readonly status: string;
  readonly error: string | null;
  readonly progress: {
    readonly completed?: number;
    readonly total?: number;
    readonly percent?: number;
  } | null;
}

/** The pull task that a page waits for: it resolves, or fails with what the page shows. */
export interface WatchedPull {
  readonly frames: EventLog<{ readonly type: string; readonly data: Record<string, unknown> }>;
  readonly outcome: Promise<void>;
  /** Close code of the connection. */
  readonly closed: Promise<number>;
}

/**
 * The existing dashboard without its screens: the requests and frames of its pages as the wire contract describes them, with all
 * the extra fields that it sends. It reads `ok` and `status` of answers, and no more of a body than the dashboard does.
 */
export class Dashboard {
  private readonly api: Api;
  /** The download page never forgets an id that it has seen. */
  readonly pulls = new Map<string, ShownPull>();

  constructor(private readonly url: string) {
    this.api = apiOf(url);
  }

  /** New experiment: start, open the live view, then send the whole object with the name of the user. */
  async startExperiment(form: ExperimentForm): Promise<{ id: string; view: DashboardView }> {
    const { status, body } = await this.api.post<{ experiment_id: string }>('/api/experiments/start', {
      task: { ...form.task, iterations: form.iterations },
      agents: form.agents,
      iterations: form.iterations,
      chat_rules: form.chatRules,
    });
    if (status !== 200) {
      throw new Error(`start: ${status}`);
    }
    const id = body.experiment_id;
    const view = new DashboardView(this.url, id);
    await view.mount();
    if (form.name !== null) {
      await this.saveExperiment(id, form.name, 'running', form);
    }
    return { id, view };
  }

  /** What the live view sends when it sees that an experiment has completed. */
  async noteCompletion(id: string, view: DashboardView, form: ExperimentForm): Promise<void> {
    await this.saveExperiment(id, `Experiment: ${view.live?.title ?? 'Live'}`, 'completed', form);
  }

  /** Rename in the history, or any other save: the dashboard sends the whole object. 404 counts as saved. */
  async saveExperiment(id: string, title: string, status: string, form: ExperimentForm): Promise<void> {
    const now = new Date().toISOString();
    const answer = await this.api.put(`/api/experiments/${id}`, {
      id,
      title,
      task: form.task,
      agents: form.agents,
      status,
      createdAt: now,
      ...(status === 'completed' ? { completedAt: now } : {}),
      iterations: form.iterations,
      currentIteration: 1,
    });
    expectShown(answer.status === 200 || answer.status === 404, `rename: ${answer.status}`);
  }

  /** History: both lists side by side; a title that is no string would empty the page. */
  async history(): Promise<{ experiments: ExperimentListItem[]; imported: Conversation[] }> {
    const [experiments, imported] = await Promise.all([
      this.api.get<{ experiments: ExperimentListItem[] }>('/api/experiments'),
      this.api.get<{ conversations: Conversation[] }>('/api/conversations?source=import'),
    ]);
    for (const { title, agents } of experiments.body.experiments) {
      expectShown(title.toLowerCase() !== '' && Array.isArray(agents), 'history: an entry cannot be shown');
    }
    for (const conversation of imported.body.conversations) {
      expectDisplayable(conversation);
      expectShown(
        !Number.isNaN(new Date(conversation.importedAt ?? '').getTime()),
        'history: no import date',
      );
    }
    return { experiments: experiments.body.experiments, imported: imported.body.conversations };
  }

  /** Reopens an experiment of the history; gives the run that is shown. */
  async reopen(id: string): Promise<{ view: DashboardView; shown: Conversation | null }> {
    const view = new DashboardView(this.url, id);
    await view.mount();
    await view.over;
    const { body } = await this.api.get<{
      conversation: Conversation | null;
      conversations: Conversation[];
      error: string | null;
    }>(`/api/experiments/${id}`);
    expectShown(body.error === null, `reopen: the error panel hides everything: ${body.error}`);
    const shown = body.conversation ?? body.conversations.at(-1) ?? null;
    if (shown) {
      expectDisplayable(shown);
    }
    return { view, shown };
  }

  async deleteExperiment(id: string): Promise<number> {
    return (await this.api.delete(`/api/experiments/${id}`)).status;
  }

  /** Import page: forms A and B, made whole in the browser, then saved. Gives the id. */
  async importFile(file: ImportedFile): Promise<string> {
    const id = file.id ?? `conv-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const names = [...new Set(file.messages.map((message) => agentNameOf(message) ?? 'unknown'))];
    const agents = file.agents?.length
      ? file.agents
      : names.map((name, index) => ({ id: `agent-${index}`, name, color: '#3B82F6', model: name }));
    const messages = file.messages.map((message, index) =>
      'agentId' in message
        ? message
        : {
            id: `msg-${index}`,
            agentId: `agent-${names.indexOf(agentNameOf(message) ?? 'unknown')}`,
            content: message.content,
            timestamp: new Date().toISOString(),
          },
    );
    await this.saveConversation({ id, title: file.title ?? 'Imported', agents, messages });
    return id;
  }

  /** Reads by id, then PUT when it is there and POST when it is not; the id stands in the path as it is. */
  async saveConversation(conversation: {
    readonly id: string;
    readonly title: string;
    readonly agents: readonly object[];
    readonly messages: readonly object[];
  }): Promise<'created' | 'updated'> {
    const now = new Date().toISOString();
    const body = { ...conversation, createdAt: now, importedAt: now, source: 'import' };
    const found = await this.api.get(`/api/conversations/${conversation.id}`);
    const isThere = found.status === 200;
    const answer = isThere
      ? await this.api.put(`/api/conversations/${conversation.id}`, body)
      : await this.api.post('/api/conversations', body);
    expectShown(answer.status === 200, `save: ${answer.status} ${JSON.stringify(answer.body)}`);
    return isThere ? 'updated' : 'created';
  }

  async openConversation(id: string): Promise<Conversation> {
    const { status, body } = await this.api.get<Conversation>(`/api/conversations/${id}`);
    expectShown(status === 200, `open: ${status}`);
    expectDisplayable(body);
    return body;
  }

  async deleteConversation(id: string): Promise<number> {
    return (await this.api.delete(`/api/conversations/${id}`)).status;
  }

  /** Discover page: starts a pull and watches it; a pull that runs already is watched instead. */
  async pull(name: string): Promise<{ taskId: string; watched: WatchedPull }> {
    const { status, body } = await this.api.post<{ task_id: string | null; existing_task_id: string | null }>(
      '/api/models/pull',
      { name },
    );
    expectShown(status === 200, `pull: ${status} ${JSON.stringify(body)}`);
    const taskId = body.task_id ?? body.existing_task_id ?? '';
    return { taskId, watched: await this.watchPull(taskId) };
  }

  /** Every page does this every five seconds. */
  async pollPulls(): Promise<void> {
    const { body } = await this.api.get<Record<string, ShownPull>>('/api/models/pull');
    for (const [id, task] of Object.entries(body)) {
      this.pulls.set(id, task);
    }
  }

  async watchPull(taskId: string): Promise<WatchedPull> {
    const client = await PlainClient.connect(this.url, `/api/models/ws/pull/${taskId}`);
    const outcome = (async () => {
      const last = await client.frames.waitFor(
        ({ type, data }) => type === 'status' && !['pending', 'running'].includes(String(data['status'])),
        'the end of the pull',
      );
      if (last.data['status'] !== 'completed') {
        throw new Error(last.data['status'] === 'error' ? String(last.data['error']) : 'cancelled');
      }
    })();
    outcome.catch(() => undefined);
    return { frames: client.frames, outcome, closed: client.closed.then(({ code }) => code) };
  }

  async cancelPull(taskId: string): Promise<number> {
    return (await this.api.delete(`/api/models/pull/${taskId}`)).status;
  }

  async dismissPull(taskId: string): Promise<number> {
    this.pulls.delete(taskId);
    return (await this.api.delete(`/api/models/pull/${taskId}/dismiss`)).status;
  }

  async installedModels(): Promise<string[]> {
    const { body } = await this.api.get<{ models: { name: string }[] }>('/api/models/list');
    return body.models.map(({ name }) => name);
  }

  async deleteModel(name: string): Promise<number> {
    return (await this.api.delete(`/api/models/delete/${encodeURIComponent(name)}`)).status;
  }

  /** Settings page, on opening: is Ollama there, and what has it? Null = shown as not connected. */
  async checkOllama(endpoint: string): Promise<{ version: string; models: string[] } | null> {
    const version = await this.api.post<{ version: string }>('/api/ollama/test/version', { endpoint });
    const list = await this.api.post<{ models: { name: string }[] }>('/api/ollama/test/list', { endpoint });
    return version.status === 200 && list.status === 200
      ? { version: version.body.version, models: list.body.models.map(({ name }) => name) }
      : null;
  }
}

function agentNameOf(message: ImportedFile['messages'][number]): string | undefined {
  return 'agent' in message ? message.agent?.name : undefined;
}

/** The dashboard leaves out messages of agents that it does not know, and needs texts for names, colours and models. */
function expectDisplayable({ agents, messages }: Conversation): void {
  const ids = new Set(agents.map(({ id }) => id));
  const agentsAreTexts = agents.every(({ name, color, model }) =>
    [name, color, model].every((value) => typeof value === 'string'),
  );
  expectShown(agentsAreTexts, 'an agent has no texts');
  expectShown(
    messages.every(({ agentId }) => ids.has(agentId)),
    'a message is not displayed: its agent is missing',
  );
}

function expectShown(holds: boolean, what: string): void {
  if (!holds) {
    throw new Error(what);
  }
}
