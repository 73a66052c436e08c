import { BALLOT_ATTEMPTS } from '../../agents/turn-task';
import { type Agent } from '../../agents/prompt/agent';
import { type ModelRate } from '../../conversations/model-rates';
import { type TeamRules } from '../../conversations/team/definition/team-definition';
import { fewestTurns } from '../../conversations/team/plan/fewest-turns';
import { longestCourse, type PlannedCall } from '../../conversations/team/plan/longest-course';
import { estimateTokens } from './estimate-tokens';
import { callsAtOnce, type Loads, loadsIn, scheduledLoads, type SchedulingInput, sumOfLoads } from './loads';

/** An experiment as far as it decides what it will cost. */
export interface PlanInput {
  readonly rules: TeamRules;
  readonly agents: readonly Agent[];
  readonly runs: number;
  /** Tokens of the task of a run, on average. */
  readonly taskTokens: number;
  /** DEFAULT_NUM_PREDICT. */
  readonly numPredict: number;
  /** Context window of a model, in tokens. */
  readonly windowOf: (model: string) => number;
}

/** A call to a model with what it is expected to cost. */
interface CostedCall {
  readonly purpose: 'reply' | 'selector' | 'ledger' | 'handoff';
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly maxAttempts: number;
  /** How often it is asked for again when its form is wrong. */
  readonly repairs: number;
}

/** Calls by what they are for. */
export type CallCounts = Readonly<Record<CostedCall['purpose'] | 'repair', number>>;

/** What an experiment will take at most; see `longestCourse` for what that is. */
export interface Plan {
  readonly runs: number;
  /** Of one run. */
  readonly turns: { readonly min: number; readonly max: number };
  readonly calls: CallCounts;
  /** When the calls are made one by one, run by run. */
  readonly loads: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The same; null while a model that is used was not measured on this machine. */
  readonly minutes: number | null;
  /** When the calls of all open runs are scheduled together. */
  readonly scheduled: {
    readonly parallelism: number;
    readonly loads: number;
    readonly minutes: number | null;
  };
}

/** Tokens of an answer that is a name, a vote or a verdict. */
const SHORT_ANSWER_TOKENS = 60;
/** Tokens around the conversation in a question about it. */
const QUESTION_TOKENS = 200;

/** The models that an experiment uses, in the order in which it first uses them. */
export function modelsOf(input: PlanInput): string[] {
  return [...new Set([...costedCalls(input, new Map())].map(({ model }) => model))];
}

/** Works out what an experiment will take at most, call by call for one run; the others cost the same. */
export function planExperiment(
  input: PlanInput,
  scheduling: SchedulingInput,
  rates: readonly ModelRate[],
): Plan {
  const { runs } = input;
  const byModel = new Map(rates.map((rate) => [rate.model, rate]));
  const calls = [...costedCalls(input, byModel)];
  const turns = calls.filter(({ purpose }) => purpose === 'reply').length;
  const models = calls.map(({ model }) => model);
  const callSeconds = callSecondsOf(calls, runs, byModel);
  const loads = loadsIn(models, runs);
  const secondsTogether = callSeconds === null ? null : callSeconds / callsAtOnce(scheduling);
  const loadsTogether = scheduledLoads(models, runs, secondsTogether, scheduling);
  return {
    runs,
    turns: { min: Math.min(fewestTurns(input.rules), turns), max: turns },
    calls: countsOf(calls, runs),
    loads: sumOfLoads(loads),
    promptTokens: Math.round(sumOf(calls, ({ promptTokens }) => promptTokens) * runs),
    completionTokens: Math.round(sumOf(calls, ({ completionTokens }) => completionTokens) * runs),
    minutes: minutesOf(callSeconds, loads, byModel),
    scheduled: {
      parallelism: scheduling.parallelism,
      loads: sumOfLoads(loadsTogether),
      minutes: minutesOf(secondsTogether, loadsTogether, byModel),
    },
  };
}

/** The calls of the longest course; a conversation grows by what is said. */
function* costedCalls(input: PlanInput, rates: ReadonlyMap<string, ModelRate>): Generator<CostedCall> {
  const { rules, taskTokens, windowOf } = input;
  const agents = new Map(input.agents.map((agent) => [agent.name, agent]));
  const prompts = new Map(input.agents.map(({ name, prompt }) => [name, estimateTokens(prompt)]));
  let latest = input.agents[0]?.model ?? '';
  let said = 0;
  for (const call of longestCourse(rules)) {
    const agent = agents.get(call.kind === 'turn' ? call.agent : (call.asker ?? ''));
    const model = modelOf(call, agent) ?? latest;
    const room = (asked: number, answer: number) => Math.max(Math.min(asked, windowOf(model) - answer), 0);
    if (call.kind === 'question') {
      yield {
        purpose: call.purpose,
        model,
        promptTokens: room(QUESTION_TOKENS + taskTokens + said, SHORT_ANSWER_TOKENS),
        completionTokens: SHORT_ANSWER_TOKENS,
        maxAttempts: call.maxAttempts,
        repairs: 0,
      };
      continue;
    }
    const isBallot = call.task === 'ballot';
    const most = agent?.options.num_predict ?? input.numPredict;
    const answer = isBallot ? SHORT_ANSWER_TOKENS : Math.min(rates.get(model)?.replyTokens ?? most, most);
    yield {
      purpose: 'reply',
      model,
      promptTokens: room((prompts.get(call.agent) ?? 0) + taskTokens + said, answer),
      completionTokens: answer,
      maxAttempts: 1,
      repairs: isBallot ? BALLOT_ATTEMPTS - 1 : agent?.response_format === undefined ? 0 : 1,
    };
    said += answer;
    latest = model;
  }
}

function modelOf(call: PlannedCall, agent: Agent | undefined): string | undefined {
  return (call.kind === 'question' ? call.model : null) ?? agent?.model;
}

function countsOf(calls: readonly CostedCall[], runs: number): CallCounts {
  const counts = { reply: 0, selector: 0, ledger: 0, handoff: 0, repair: 0 };
  for (const { purpose, maxAttempts, repairs } of calls) {
    counts[purpose] += maxAttempts * runs;
    counts.repair += repairs * runs;
  }
  return counts;
}

/** Seconds that the calls of all runs take one by one, loads left out; null while a model was not measured. */
function callSecondsOf(
  calls: readonly CostedCall[],
  runs: number,
  rates: ReadonlyMap<string, ModelRate>,
): number | null {
  let seconds = 0;
  for (const { model, promptTokens, completionTokens } of calls) {
    const rate = rates.get(model);
    if (!rate?.tokensPerSecond || !rate.promptTokensPerSecond) {
      return null;
    }
    seconds += (promptTokens / rate.promptTokensPerSecond + completionTokens / rate.tokensPerSecond) * runs;
  }
  return seconds;
}

function minutesOf(
  callSeconds: number | null,
  loads: Loads,
  rates: ReadonlyMap<string, ModelRate>,
): number | null {
  if (callSeconds === null) {
    return null;
  }
  const loadSeconds = sumOf([...loads], ([model, count]) => count * (rates.get(model)?.loadSeconds ?? 0));
  return (callSeconds + loadSeconds) / 60;
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
