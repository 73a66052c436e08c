import { type FieldProblem } from '../common/errors/domain-error';
import { type Loc, tooLong } from '../common/validation/field-problems';
import { hasAtMost } from '../common/validation/rules';
import { type Settings } from '../config/settings.schema';
import { type AgentModel } from './agent.dto';

/** The limits that are settings and that an agent passes. */
export function agentLimitProblems(
  { name, prompt }: Pick<AgentModel, 'name' | 'prompt'>,
  { maxNameCharacters, maxMessageCharacters }: Pick<Settings, 'maxNameCharacters' | 'maxMessageCharacters'>,
  loc: Loc,
): FieldProblem[] {
  const texts: [string, string, number][] = [
    ['name', name, maxNameCharacters],
    ['prompt', prompt, maxMessageCharacters],
  ];
  return texts
    .filter(([, text, limit]) => !hasAtMost(text, limit))
    .map(([field, text, limit]) => tooLong([...loc, field], limit, text));
}
