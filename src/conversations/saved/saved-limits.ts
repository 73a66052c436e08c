import { DomainError, type FieldProblem, ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc, tooLong, tooMany } from '../../common/validation/field-problems';
import { hasAtMost } from '../../common/validation/rules';
import { type Settings } from '../../config/settings.schema';
import { type SavedAgentModel } from '../dto/save-conversation.dto';

export type SavedLimits = Pick<
  Settings,
  'maxAgents' | 'maxNameCharacters' | 'maxTitleCharacters' | 'maxImportMessages' | 'maxMessageCharacters'
>;

/** What the limits that are settings look at. */
export interface LimitedConversation {
  readonly title?: string | null;
  readonly agents?: readonly Pick<SavedAgentModel, 'name' | 'originalName'>[] | null;
  readonly messages?: readonly { readonly content: string }[];
}

/** The limits that a conversation passes. */
export function savedLimitProblems(
  { title, agents, messages }: LimitedConversation,
  limits: SavedLimits,
  loc: Loc = ['body'],
): FieldProblem[] {
  const { maxAgents, maxNameCharacters, maxTitleCharacters, maxImportMessages, maxMessageCharacters } =
    limits;
  return [
    ...textProblem(title, maxTitleCharacters, () => [...loc, 'title']),
    ...listProblem(agents, maxAgents, [...loc, 'agents']),
    ...(agents ?? []).flatMap(({ name, originalName }, index) => [
      ...textProblem(name, maxNameCharacters, () => [...loc, 'agents', index, 'name']),
      ...textProblem(originalName, maxNameCharacters, () => [...loc, 'agents', index, 'originalName']),
    ]),
    ...listProblem(messages, maxImportMessages, [...loc, 'messages']),
    ...(messages ?? []).flatMap(({ content }, index) =>
      textProblem(content, maxMessageCharacters, () => [...loc, 'messages', index, 'content']),
    ),
  ];
}

/**
 * Checks a conversation in a body against the limits that are settings.
 * @throws ValidationFailedError
 */
export function checkSavedLimits(conversation: LimitedConversation, limits: SavedLimits): void {
  const problems = savedLimitProblems(conversation, limits);
  if (problems.length > 0) {
    throw new ValidationFailedError(problems);
  }
}

/**
 * Runs of experiments are told from saved conversations by their source, so none may claim theirs.
 * @throws DomainError SOURCE_RESERVED
 */
export function checkSource(source: string | null | undefined): void {
  if (source === 'experiment') {
    throw new DomainError('SOURCE_RESERVED', 'A saved conversation cannot have the source `experiment`.', {
      field: 'source',
    });
  }
}

function textProblem(text: string | null | undefined, max: number, loc: () => Loc): FieldProblem[] {
  return text === null || text === undefined || hasAtMost(text, max) ? [] : [tooLong(loc(), max, text)];
}

function listProblem(list: readonly unknown[] | null | undefined, max: number, loc: Loc): FieldProblem[] {
  return list && list.length > max ? [tooMany(loc, max, list)] : [];
}
