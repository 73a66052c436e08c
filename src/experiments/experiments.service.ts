import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { toStoredAgent } from '../agents/agent.dto';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { TranscriptReader } from '../conversations/transcript-reader';
import { EventLog } from '../live/event-log';
import { defaultChatRules } from './default-chat-rules';
import {
  type DefaultChatRules,
  type ExperimentDeleted,
  type ExperimentDetail,
  type ExperimentEvents,
  type ExperimentStarted,
  type ExperimentUpdated,
  type StatusUpdated,
} from './dto/experiment-answers.dto';
import { type ExperimentRequest, type ExperimentUpdate, type TaskModel } from './dto/experiment-request.dto';
import { type ExperimentListQuery, type StatusChange } from './dto/experiment-queries.dto';
import { ExperimentChanges } from './experiment-changes';
import { ExperimentEntity, type ExperimentTask } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRequests, type ReadRequest } from './experiment-requests';
import { ExperimentControl } from './experiment-control';
import { ExperimentStarter } from './experiment-starter';
import { legacyStatus } from './experiment-state';
import { isMadeUpTitle, runCount, titleFromPrompt } from './experiment-titles';
import { experimentDetail } from './experiment-views';
import { notStarted } from './not-started';
import { rulesOf } from './request-rules';
import { checkExperimentRequest, checkTitle } from './request-limits';
import { WebhookDeliveries } from './webhooks/webhook-deliveries';

/** Experiments from the request to the answer. */
@Injectable()
export class ExperimentsService {
  constructor(
    private readonly requests: ExperimentRequests,
    private readonly repository: ExperimentRepository,
    private readonly starter: ExperimentStarter,
    private readonly control: ExperimentControl,
    private readonly transcripts: TranscriptReader,
    private readonly changes: ExperimentChanges,
    private readonly events: EventLog,
    private readonly webhooks: WebhookDeliveries,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Stores an experiment and starts work on it.
   * @param newId its id; one that is stored under it was started by this same request before
   */
  async start(body: unknown, newId: string): Promise<ExperimentStarted> {
    const known = await this.starter.known(newId);
    if (known) {
      return known;
    }
    const { request, library } = await this.requests.read(body);
    checkExperimentRequest(request, this.settings);
    return this.starter.add(newExperiment(newId, request, library, this.settings));
  }

  defaultChatRules(): DefaultChatRules {
    return defaultChatRules(this.settings.defaultMaxRounds);
  }

  /** JSON text of the list, newest first. */
  list(query: ExperimentListQuery): Promise<string> {
    return this.repository.listJson(query);
  }

  async get(id: string): Promise<ExperimentDetail> {
    const experiment = await this.repository.get(id);
    const runs = await this.transcripts.runs(experiment);
    const webhook = await this.webhooks.find(id);
    return experimentDetail(experiment, runs, await this.repository.status(experiment), webhook);
  }

  /** Changes the title. A title that the dashboard makes up on completion is left out (wire contract 2). */
  async update(id: string, { title }: ExperimentUpdate): Promise<ExperimentUpdated> {
    await this.repository.get(id);
    if (title !== undefined && !isMadeUpTitle(title)) {
      checkTitle(title, this.settings);
      if (await this.repository.setTitle(id, title)) {
        this.changes.next({ kind: 'changed', experimentId: id });
      }
    }
    return { message: 'Experiment updated', id };
  }

  /** Stops a running experiment when a final status is asked for; anything else changes nothing (decision 5). */
  async updateStatus(id: string, status: StatusChange): Promise<StatusUpdated> {
    const changed = await this.stopFor(id, status);
    const { state } = await this.repository.get(id);
    return { message: 'Status updated', status: legacyStatus(state), state, changed };
  }

  /** Stops the experiment if need be, then removes it with all that was said in it. */
  async remove(id: string): Promise<ExperimentDeleted> {
    await this.control.stop(id, 'excluded');
    await this.repository.remove(id);
    this.changes.next({ kind: 'removed', experimentId: id });
    return { message: 'Experiment deleted' };
  }

  /** A page of the stored stream. */
  async eventsAfter(id: string, after: number, limit: number): Promise<ExperimentEvents> {
    const { lastSeq } = await this.repository.get(id);
    const events = await this.events.read(id, after, limit);
    return { events, last_seq: Math.max(lastSeq, events.at(-1)?.seq ?? 0) };
  }

  private async stopFor(id: string, status: StatusChange): Promise<boolean> {
    switch (status) {
      case 'running':
      case 'pending':
      case 'live':
        return false;
      case 'completed':
      case 'cancelled':
        return (await this.control.stop(id, 'excluded')).changed;
      case 'error':
        return (await this.control.stopAsError(id)).changed;
    }
  }
}

function newExperiment(
  id: string,
  request: ExperimentRequest,
  library: ReadRequest['library'],
  settings: Settings,
): ExperimentEntity {
  const task = toTask(request.task);
  const iterations = runCount(task, request.iterations ?? 1);
  return Object.assign(new ExperimentEntity(), {
    ...notStarted(new Date().toISOString()),
    id,
    title: titleFromPrompt(task.prompt),
    rerunOf: null,
    sourceIterations: null,
    callbackUrl: request.callback_url ?? null,
    task,
    agents: request.agents.map(toStoredAgent),
    chatRules: request.chat_rules ?? null,
    team: request.team ?? null,
    stop: request.stop ?? null,
    contextPolicy: request.context_policy ?? settings.contextPolicy,
    parallelism: typeof request.parallelism === 'number' ? request.parallelism : null,
    priority: request.priority ?? 'normal',
    rules: rulesOf(request, settings),
    library: library && [...library],
    iterations,
    rootSeed: request.seed ?? randomInt(2 ** 31 - 1),
    timeoutSeconds: request.timeout_seconds ?? defaultTimeoutSeconds(iterations, settings),
  } satisfies ExperimentEntity);
}

/** Many runs may take longer than one limit for all of them would allow (decision 12). */
function defaultTimeoutSeconds(runs: number, settings: Settings): number {
  return Math.max(
    settings.experimentTimeoutSeconds,
    settings.iterationTimeoutSeconds * (runs > 1 ? runs : 0),
  );
}

function toTask({ id, prompt, datasetItems }: TaskModel): ExperimentTask {
  return {
    id,
    prompt,
    datasetItems:
      datasetItems?.map(({ task, answer, fields }) => ({
        task,
        answer: answer ?? null,
        ...(fields ? { fields } : {}),
      })) ?? null,
  };
}
