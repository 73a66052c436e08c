import { type AgentModel } from '../../agents/agent.dto';
import { promptRoom } from '../../agents/prompt/context-fit';
import { type ChatMessage } from '../../ollama/chat-message';
import { fullModelName } from '../../ollama/model-name';
import { type ExperimentRequest } from '../dto/experiment-request.dto';
import { type RequestNote } from '../request-note';
import { estimateTokens } from './estimate-tokens';

/** What is known of the contexts of models. */
export interface ContextInput {
  /** DEFAULT_NUM_CTX. */
  readonly defaultNumCtx: number;
  /** DEFAULT_NUM_PREDICT. */
  readonly defaultNumPredict: number;
  /** Tokens of a prompt for a model. */
  readonly estimate: (model: string, messages: readonly ChatMessage[]) => number;
  /** Longest context of a model itself; null = not known. */
  readonly ownOf: (model: string) => number | null;
}

/** One context for each model, whoever uses it: the largest that is asked for, at most what the model has. */
export function contextWindows(
  agents: ExperimentRequest['agents'],
  { defaultNumCtx, ownOf }: Pick<ContextInput, 'defaultNumCtx' | 'ownOf'>,
): (model: string) => number {
  const asked = new Map<string, number>();
  for (const { model, options } of agents) {
    const name = fullModelName(model);
    asked.set(name, Math.max(asked.get(name) ?? 0, options?.num_ctx ?? defaultNumCtx));
  }
  return (model) => Math.min(asked.get(fullModelName(model)) ?? defaultNumCtx, ownOf(model) ?? Infinity);
}

/** Prompts that do not fit, even before anybody has said something, and contexts that a model does not have. */
export function contextNotes(request: ExperimentRequest, contexts: ContextInput): RequestNote[] {
  const windowOf = contextWindows(request.agents, contexts);
  const task = longestTask(request);
  return request.agents.flatMap((agent, index) => [
    ...overflowNotes(agent, index, { task, window: windowOf(agent.model), contexts }),
    ...cappedNotes(agent, index, contexts.ownOf(agent.model)),
  ]);
}

/** What is checked before a turn, too; system message and task are never left out. */
function overflowNotes(
  { name, model, prompt, options }: AgentModel,
  index: number,
  {
    task,
    window,
    contexts,
  }: { readonly task: LongestTask; readonly window: number; readonly contexts: ContextInput },
): RequestNote[] {
  const numPredict = options?.num_predict ?? contexts.defaultNumPredict;
  const room = promptRoom({ numCtx: window, numPredict });
  const system: ChatMessage = { role: 'system', content: prompt };
  const tokens = contexts.estimate(model, [system, { role: 'user', content: task.text }]);
  if (tokens <= room) {
    return [];
  }
  const isPromptTooLong = contexts.estimate(model, [system]) > room;
  return [
    {
      severity: 'error',
      loc: isPromptTooLong ? ['agents', index, 'prompt'] : task.loc,
      code: 'CONTEXT_OVERFLOW',
      message: `The prompt of '${name}' and the ${task.what} take about ${tokens} tokens, but '${model}' has a context of ${window} here, of which ${room} are for the prompt.`,
    },
  ];
}

function cappedNotes({ model, options }: AgentModel, index: number, own: number | null): RequestNote[] {
  const asked = options?.num_ctx ?? 0;
  return own === null || asked <= own
    ? []
    : [
        {
          severity: 'warning',
          loc: ['agents', index, 'options', 'num_ctx'],
          code: 'num_ctx_capped',
          message: `'${model}' has a context of ${own} tokens only, which count instead of ${asked}.`,
        },
      ];
}

/** Tokens of the tasks of all runs, on average. */
export function meanTaskTokens({ task }: ExperimentRequest): number {
  const items = task.datasetItems ?? [];
  const total = items.reduce((sum, item) => sum + estimateTokens(item.task), 0);
  return items.length === 0 ? estimateTokens(task.prompt) : total / items.length;
}

interface LongestTask {
  readonly loc: RequestNote['loc'];
  readonly text: string;
  readonly what: string;
}

function longestTask({ task }: ExperimentRequest): LongestTask {
  const items = task.datasetItems ?? [];
  if (items.length === 0) {
    return { loc: ['task', 'prompt'], text: task.prompt, what: 'task' };
  }
  const lengths = items.map((item) => estimateTokens(item.task));
  const index = lengths.indexOf(lengths.reduce((most, length) => Math.max(most, length), 0));
  return {
    loc: ['task', 'datasetItems', index, 'task'],
    text: items[index]?.task ?? '',
    what: 'longest item of the dataset',
  };
}
