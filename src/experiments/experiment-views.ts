import { type Conversation } from '../conversations/conversation.dto';
import { agentsOf } from '../conversations/transcript-reader';
import { visibleRuns } from '../conversations/visible-runs';
import { type StatusData } from '../live/event-types';
import { type ExperimentDetail } from './dto/experiment-answers.dto';
import { type ExperimentEntity } from './experiment.entity';
import { isTerminal, legacyStatus } from './experiment-state';
import { type WebhookDeliveryEntity } from './webhooks/webhook-delivery.entity';

/** Where an experiment stands, for events and answers; `queuePosition` counts while it is queued, `etaSeconds` while it runs. */
export function statusData(
  experiment: ExperimentEntity,
  queuePosition: number | null,
  etaSeconds: number | null,
): StatusData {
  return {
    status: legacyStatus(experiment.state),
    state: experiment.state,
    pause_reason: experiment.pauseReason,
    queue_position: queuePosition,
    eta_seconds: etaSeconds,
    current_iteration: experiment.currentIteration,
    iterations: experiment.iterations,
    completed_runs: experiment.completedRuns,
    failed_runs: experiment.failedRuns,
    completed_at: experiment.completedAt,
    error_code: experiment.errorCode,
    error: experiment.error,
  };
}

/** The whole experiment as it is read back. */
export function experimentDetail(
  experiment: ExperimentEntity,
  runs: readonly Conversation[],
  status: StatusData,
  webhook: WebhookDeliveryEntity | null,
): ExperimentDetail {
  const isOver = isTerminal(experiment.state);
  const { finished, current } = visibleRuns(runs, isOver);
  return {
    experiment_id: experiment.id,
    title: experiment.title,
    ...status,
    status: legacyStatus(experiment.state),
    state: experiment.state,
    pause_reason: experiment.pauseReason,
    created_at: experiment.createdAt,
    conversation: isOver ? null : liveConversation(experiment, current),
    conversations: [...finished],
    agents: experiment.agents,
    task: experiment.task,
    chat_rules: experiment.chatRules,
    team: experiment.team,
    stop: experiment.stop,
    library: experiment.library,
    context_policy: experiment.contextPolicy,
    parallelism: experiment.parallelism ?? 'auto',
    priority: experiment.priority,
    message_count: experiment.messageCount,
    seed: experiment.rootSeed,
    timeout_seconds: experiment.timeoutSeconds,
    active_seconds: experiment.activeMs / 1000,
    rerun_of: experiment.rerunOf,
    callback_url: experiment.callbackUrl,
    webhook: webhook && { state: webhook.state, attempts: webhook.attempts, last_error: webhook.lastError },
    last_seq: experiment.lastSeq,
  };
}

/** The run in progress under the id and title that the dashboard expects of it. */
function liveConversation(experiment: ExperimentEntity, current: Conversation | null): Conversation {
  return {
    id: experiment.id,
    title: 'Live',
    agents: agentsOf(experiment),
    messages: current?.messages ?? [],
    createdAt: current?.createdAt ?? experiment.createdAt,
    experiment_id: experiment.id,
    iteration: null,
    source: null,
    importedAt: null,
    state: 'running',
    endReason: null,
    errorCode: null,
    error: null,
  };
}
