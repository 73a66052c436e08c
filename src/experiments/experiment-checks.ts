import { Inject, Injectable } from '@nestjs/common';
import { toAgent, toStoredAgent } from '../agents/agent.dto';
import { TokenEstimates } from '../agents/prompt/token-estimate';
import { DomainError, ValidationFailedError } from '../common/errors/domain-error';
import { requireObject } from '../common/validation/validate-request';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { type ModelRate, ModelRates } from '../conversations/model-rates';
import { partsOf, isTeam } from '../conversations/team/definition/team-parts';
import { type TeamDefinition } from '../conversations/team/definition/team-definition';
import { CallScheduler } from '../ollama/call-scheduler';
import { ModelFactsReader } from '../ollama/model-facts';
import { fullModelName } from '../ollama/model-name';
import { OllamaFleet } from '../ollama/ollama-fleet';
import { type CheckNote, type ExperimentCheck, type ExperimentPlan } from './dto/experiment-check.dto';
import { type ExperimentRequest } from './dto/experiment-request.dto';
import { ExperimentRequests } from './experiment-requests';
import { type ContextInput, contextNotes, contextWindows, meanTaskTokens } from './plan/contexts';
import { modelsOf, planExperiment, type Plan } from './plan/experiment-plan';
import { type SchedulingInput } from './plan/loads';
import { problemNote, requestNotes } from './request-limits';
import { jsonPointer, type RequestNote } from './request-note';
import { rulesOf } from './request-rules';

/** A model that a request names. */
interface NamedModel {
  readonly loc: RequestNote['loc'];
  readonly model: string;
}

/** What Ollama says of the models of a request. */
interface Inventory {
  readonly notes: readonly RequestNote[];
  /** Longest context of a model itself; null = not known. */
  readonly ownOf: (model: string) => number | null;
}

/** Checks requests without starting them. */
@Injectable()
export class ExperimentChecks {
  constructor(
    private readonly requests: ExperimentRequests,
    private readonly estimates: TokenEstimates,
    private readonly ollama: OllamaFleet,
    private readonly facts: ModelFactsReader,
    private readonly rates: ModelRates,
    private readonly scheduler: CallScheduler,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Says all that is wrong with a request, and what it will take.
   * @throws ValidationFailedError when it is no object
   */
  async check(body: unknown): Promise<ExperimentCheck> {
    requireObject(body, 'body');
    const request = await this.read(body);
    if (Array.isArray(request)) {
      return checkOf(request, null);
    }
    const notes = requestNotes(request, this.settings);
    if (notes.some(({ severity }) => severity === 'error')) {
      return checkOf(notes, null);
    }
    const { notes: found, ownOf } = await this.inventory(request);
    const contexts: ContextInput = {
      defaultNumCtx: this.settings.defaultNumCtx,
      defaultNumPredict: this.settings.defaultNumPredict,
      estimate: (model, messages) => this.estimates.estimate(model, messages),
      ownOf,
    };
    const plan = await this.plan(request, contextWindows(request.agents, contexts));
    return checkOf([...notes, ...found, ...contextNotes(request, contexts)], plan);
  }

  /** The request with what it names of the library put in place; or why it cannot be read. */
  private async read(body: unknown): Promise<ExperimentRequest | RequestNote[]> {
    try {
      return (await this.requests.read(body)).request;
    } catch (error) {
      if (error instanceof ValidationFailedError) {
        return error.problems.map(problemNote);
      }
      if (error instanceof DomainError && error.status < 500) {
        return [{ severity: 'error', loc: [], code: error.code, message: error.message }];
      }
      throw error;
    }
  }

  /** Looks the models up; while Ollama is away nothing is said of them. */
  private async inventory(request: ExperimentRequest): Promise<Inventory> {
    const named = modelsNamed(request);
    let installed: ReadonlySet<string>;
    try {
      const models = await this.ollama.installedModels();
      installed = new Set(models.map(({ name }) => fullModelName(name)));
    } catch (error) {
      if (error instanceof DomainError) {
        const message = `The models could not be looked up: ${error.message}`;
        return {
          notes: [{ severity: 'warning', loc: [], code: error.code, message }],
          ownOf: () => null,
        };
      }
      throw error;
    }
    const isInstalled = ({ model }: NamedModel) => installed.has(fullModelName(model));
    const known = new Set(named.filter(isInstalled).map(({ model }) => model));
    const lengths = new Map(
      await Promise.all(
        [...known].map(async (model) => [model, (await this.facts.read(model)).contextLength] as const),
      ),
    );
    return {
      notes: named
        .filter((one) => !isInstalled(one))
        .map(({ loc, model }) => ({
          severity: 'error',
          loc,
          code: 'MODEL_NOT_FOUND',
          message: `The model '${model}' is not installed.`,
        })),
      ownOf: (model) => lengths.get(model) ?? null,
    };
  }

  private async plan(
    request: ExperimentRequest,
    windowOf: (model: string) => number,
  ): Promise<ExperimentPlan> {
    const items = request.task.datasetItems?.length ?? 0;
    const input = {
      rules: rulesOf(request, this.settings),
      agents: request.agents.map((agent) => toAgent(toStoredAgent(agent))),
      runs: items > 0 ? items : (request.iterations ?? 1),
      taskTokens: meanTaskTokens(request),
      numPredict: this.settings.defaultNumPredict,
      windowOf,
    };
    const models = modelsOf(input);
    const rates = await this.rates.of(models);
    return planOf(planExperiment(input, this.schedulingOf(request, input.runs, models), rates), rates);
  }

  private schedulingOf(
    { parallelism }: ExperimentRequest,
    runs: number,
    models: readonly string[],
  ): SchedulingInput {
    const { ollamaNumParallel, ollamaUrls, schedulerMaxWaitSeconds } = this.settings;
    const wanted = typeof parallelism === 'number' ? parallelism : this.scheduler.conversationsFor(models);
    return {
      parallelism: Math.min(wanted, runs),
      fitTogether: this.scheduler.fitTogether(models),
      slots: ollamaNumParallel * ollamaUrls.length,
      maxWaitSeconds: schedulerMaxWaitSeconds,
    };
  }
}

/** The models of the agents, and those that choose speakers. */
function modelsNamed({ agents, team }: ExperimentRequest): NamedModel[] {
  return [
    ...agents.map(({ model }, index) => ({ loc: ['agents', index, 'model'], model })),
    ...(team ? selectorModels(team, ['team']) : []),
  ];
}

function selectorModels(team: TeamDefinition, loc: RequestNote['loc']): NamedModel[] {
  const own =
    team.type === 'selector' && team.selector_model !== undefined
      ? [{ loc: [...loc, 'selector_model'], model: team.selector_model }]
      : [];
  return [
    ...own,
    ...partsOf(team).flatMap(({ part, loc: at }) =>
      isTeam(part) ? selectorModels(part, [...loc, ...at]) : [],
    ),
  ];
}

function checkOf(notes: readonly RequestNote[], plan: ExperimentPlan | null): ExperimentCheck {
  const of = (wanted: RequestNote['severity']): CheckNote[] =>
    notes.flatMap(({ severity, loc, code, message }) =>
      severity === wanted ? [{ pointer: jsonPointer(loc), code, message }] : [],
    );
  const errors = of('error');
  return { valid: errors.length === 0, errors, warnings: of('warning'), plan };
}

function planOf(plan: Plan, rates: readonly ModelRate[]): ExperimentPlan {
  const { runs, turns, calls, loads, promptTokens, completionTokens, minutes, scheduled } = plan;
  return {
    runs,
    turns,
    model_calls: { max: Object.values(calls).reduce((sum, count) => sum + count, 0), ...calls },
    loads,
    tokens: {
      prompt: promptTokens,
      completion: completionTokens,
      total: promptTokens + completionTokens,
    },
    minutes: rounded(minutes),
    scheduled: { ...scheduled, minutes: rounded(scheduled.minutes) },
    rates: rates.map(({ model, tokensPerSecond, promptTokensPerSecond, loadSeconds, calls: measured }) => ({
      model,
      tokens_per_second: rounded(tokensPerSecond),
      prompt_tokens_per_second: rounded(promptTokensPerSecond),
      load_seconds: rounded(loadSeconds),
      calls: measured,
    })),
  };
}

/** Two digits after the point are more than an estimate is good for. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
