import { agentLimitProblems } from '../agents/agent-limits';
import { checkAgentNames } from '../agents/prompt/agent-names';
import { DomainError, type FieldProblem, ValidationFailedError } from '../common/errors/domain-error';
import {
  MAX_PROBLEMS,
  problem,
  tooLarge,
  tooLong,
  tooMany,
  wrongValue,
} from '../common/validation/field-problems';
import { hasAtMost } from '../common/validation/rules';
import { type Settings } from '../config/settings.schema';
import { checkTeam } from '../conversations/team/definition/check-team';
import { type Finding } from '../conversations/team/definition/finding';
import { type ExperimentRequest } from './dto/experiment-request.dto';
import { type RequestNote } from './request-note';
import { callbackRefusal, checkCallbackUrl } from './webhooks/callback-url';

type Loc = readonly (string | number)[];

/**
 * Checks a request against the limits that are settings, then its team, the names of its agents and its callback.
 * @throws ValidationFailedError; DomainError with the code of the wrong name, or CALLBACK_NOT_ALLOWED
 */
export function checkExperimentRequest(request: ExperimentRequest, settings: Settings): void {
  const problems = requestProblems(request, settings);
  if (problems.length > 0) {
    throw new ValidationFailedError(problems.slice(0, MAX_PROBLEMS));
  }
  const wrong = checkAgentNames(request.agents);
  if (wrong) {
    throw new DomainError(wrong.code, `Failed to create experiment: ${wrong.message}`);
  }
  checkCallbackUrl(request.callback_url, settings);
}

/** All that `checkExperimentRequest` would refuse, at once, and what is worth knowing of the team. */
export function requestNotes(request: ExperimentRequest, settings: Settings): RequestNote[] {
  const problems = requestProblems(request, settings);
  const names = checkAgentNames(request.agents);
  const refusal = request.callback_url ? callbackRefusal(request.callback_url, settings) : null;
  return [
    ...problems.map(problemNote),
    ...(names === null
      ? []
      : [errorNote(['agents', names.index, names.code === 'DUPLICATE_AGENT_ID' ? 'id' : 'name'], names)]),
    ...(refusal === null
      ? []
      : [errorNote(['callback_url'], { code: 'CALLBACK_NOT_ALLOWED', message: refusal })]),
    ...teamFindings(request).flatMap(({ severity, loc, type, message }): RequestNote[] =>
      severity === 'warning' ? [{ severity, loc, code: type, message }] : [],
    ),
  ];
}

/** A wrong field; its place begins with `body`. */
export function problemNote({ loc, type, msg }: FieldProblem): RequestNote {
  return errorNote(loc.slice(1), { code: type, message: msg });
}

function errorNote(
  loc: RequestNote['loc'],
  { code, message }: { readonly code: string; readonly message: string },
): RequestNote {
  return { severity: 'error', loc, code, message };
}

/** What is wrong with a request by the limits that are settings, or else with its team. */
export function requestProblems(request: ExperimentRequest, settings: Settings): readonly FieldProblem[] {
  const problems = [
    ...ruleProblems(request),
    ...listProblems(request, settings),
    ...textProblems(request, settings),
  ];
  return problems.length > 0
    ? problems
    : teamFindings(request).flatMap(({ severity, loc, type, message, input }) =>
        severity === 'error' ? [problem(type, ['body', ...loc], message, input)] : [],
      );
}

/** What is wrong with the team and the stop rules of a request, and what is worth knowing of them. */
export function teamFindings({ team, stop, agents }: ExperimentRequest): readonly Finding[] {
  return checkTeam({ team: team ?? null, stop: stop ?? null, agents: agents.map(({ name }) => name) });
}

/**
 * Checks the length of a title.
 * @throws ValidationFailedError
 */
export function checkTitle(title: string, { maxTitleCharacters: max }: Settings): void {
  if (!hasAtMost(title, max)) {
    throw new ValidationFailedError([tooLong(['body', 'title'], max, title)]);
  }
}

/** Two ways of saying how the agents take turns: neither may be dropped silently. */
function ruleProblems({ team, chat_rules: chatRules }: ExperimentRequest): FieldProblem[] {
  return team && chatRules
    ? [
        wrongValue(['body', 'team'], 'must not be sent together with chat_rules', team),
        wrongValue(['body', 'chat_rules'], 'must not be sent together with team', chatRules),
      ]
    : [];
}

function listProblems(
  { agents, task, iterations = 1, parallelism }: ExperimentRequest,
  settings: Settings,
): FieldProblem[] {
  const items = task.datasetItems ?? [];
  return [
    ...when(agents.length > settings.maxAgents, () =>
      tooMany(['body', 'agents'], settings.maxAgents, agents),
    ),
    ...when(items.length > settings.maxDatasetItems, () =>
      tooMany(['body', 'task', 'datasetItems'], settings.maxDatasetItems, items),
    ),
    ...when(items.length === 0 && iterations > settings.maxIterations, () =>
      tooLarge(['body', 'iterations'], settings.maxIterations, iterations),
    ),
    ...(typeof parallelism === 'number' && parallelism > settings.maxParallelism
      ? [tooLarge(['body', 'parallelism'], settings.maxParallelism, parallelism)]
      : []),
  ];
}

function textProblems(
  { agents, task, chat_rules: rules }: ExperimentRequest,
  settings: Settings,
): FieldProblem[] {
  const { maxMessageCharacters: longText } = settings;
  const texts: [Loc, string | null | undefined, number][] = [
    [['body', 'task', 'prompt'], task.prompt, longText],
    [['body', 'chat_rules', 'selector_prompt'], rules?.selector_prompt, longText],
    [['body', 'chat_rules', 'termination_condition'], rules?.termination_condition, longText],
    ...(task.datasetItems ?? []).flatMap((item, index): [Loc, string | null | undefined, number][] => [
      [['body', 'task', 'datasetItems', index, 'task'], item.task, longText],
      [['body', 'task', 'datasetItems', index, 'answer'], item.answer, longText],
      ...Object.entries(item.fields ?? {}).flatMap(([field, value]): [Loc, string, number][] =>
        typeof value === 'string'
          ? [[['body', 'task', 'datasetItems', index, 'fields', field], value, longText]]
          : [],
      ),
    ]),
  ];
  return [
    ...texts.flatMap(([loc, text, limit]) =>
      when(text !== null && text !== undefined && !hasAtMost(text, limit), () => tooLong(loc, limit, text)),
    ),
    ...agents.flatMap((agent, index) => agentLimitProblems(agent, settings, ['body', 'agents', index])),
  ];
}

function when(isWrong: boolean, told: () => FieldProblem): FieldProblem[] {
  return isWrong ? [told()] : [];
}
