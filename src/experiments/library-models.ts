import { type KeptAgent } from '../agents/library/agent-definition.dto';
import { nameKey } from '../agents/prompt/agent-names';
import { type FieldProblem, ValidationFailedError } from '../common/errors/domain-error';
import { MAX_PROBLEMS, problem, wrongValue } from '../common/validation/field-problems';
import { nearestName } from '../common/validation/nearest-name';
import { isPlainObject } from '../common/validation/unsafe-values';

/** An agent of a request, and whether its model stands in the request's own list. */
export interface ListedAgent {
  readonly agent: KeptAgent;
  readonly hasOwnModel: boolean;
}

/** Stands for all agents in `models`. */
const ALL = '*';

/** Most characters of the name of a model. */
const MAX_MODEL_CHARACTERS = 500;

const LOC = ['body', 'models'];

/**
 * Puts the client's models in place: the one given for the agent's name, else the one in the request's own list, else the
 * one for `*`, else the saved one.
 * @throws ValidationFailedError naming `body.models`, also when an agent is left without a model
 */
export function withModels(listed: readonly ListedAgent[], models: unknown): KeptAgent[] {
  const byName = modelsByName(
    models,
    listed.map(({ agent }) => agent.name),
  );
  const forAll = byName.get(ALL);
  const problems: FieldProblem[] = [];
  const agents = listed.map(({ agent, hasOwnModel }) => {
    const otherwise = hasOwnModel ? agent.model : (forAll ?? agent.model);
    const model = byName.get(nameKey(agent.name)) ?? otherwise;
    if (model === undefined) {
      const reason = `must name a model for '${agent.name}', which has none in the library; "${ALL}" stands for all agents`;
      problems.push(wrongValue(LOC, reason, models));
    }
    return { ...agent, model };
  });
  if (problems.length > 0) {
    throw new ValidationFailedError(problems.slice(0, MAX_PROBLEMS));
  }
  return agents;
}

function modelsByName(models: unknown, names: readonly string[]): ReadonlyMap<string, string> {
  if (models === undefined || models === null) {
    return new Map();
  }
  if (!isPlainObject(models)) {
    throw new ValidationFailedError([
      problem('dict_type', LOC, 'Input should be a valid dictionary', models),
    ]);
  }
  const known = new Set(names.map(nameKey));
  const problems: FieldProblem[] = [];
  const byName = new Map<string, string>();
  for (const [name, model] of Object.entries(models)) {
    const key = name === ALL ? ALL : nameKey(name);
    if (problems.length >= MAX_PROBLEMS) {
      break;
    }
    if (key !== ALL && !known.has(key)) {
      problems.push(unknownAgent(name, names));
    } else if (typeof model !== 'string' || model.trim() === '' || model.length > MAX_MODEL_CHARACTERS) {
      problems.push(wrongValue([...LOC, name], 'must be the name of a model', model));
    } else {
      byName.set(key, model.trim());
    }
  }
  if (problems.length > 0) {
    throw new ValidationFailedError(problems);
  }
  return byName;
}

function unknownAgent(name: string, names: readonly string[]): FieldProblem {
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `one of ${names.join(', ')}, or ${ALL}` : `did you mean '${nearest}'?`;
  return wrongValue([...LOC, name], `must be the name of an agent: ${hint}`, name);
}
