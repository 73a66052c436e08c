import { type FieldProblem, ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc, MAX_PROBLEMS, missing, problem } from '../../common/validation/field-problems';
import { findUnsafeValue, isPlainObject } from '../../common/validation/unsafe-values';
import { type ReadRequest, readRequest } from '../../common/validation/validate-request';
import { type Settings } from '../../config/settings.schema';
import { ImportedHead, ImportedMessage } from '../dto/import.dto';
import { conversationWithCamelKeys, withCamelKeys } from '../saved/camel-keys';
import {
  DEFAULT_SOURCE,
  DEFAULT_TITLE,
  importedAtOf,
  type SavedHead,
  type SavedMessage,
  toAgent,
} from '../saved/saved-conversation';
import { checkSource, type SavedLimits, savedLimitProblems } from '../saved/saved-limits';
import { type ConversationPart, type MessagePart } from './conversation-scanner';
import { Cast } from './cast';
import { parseJson } from './json-stretch';

export type ImportLimits = SavedLimits & Pick<Settings, 'maxNestingDepth' | 'maxBodyBytes'>;

/** A conversation that passed its checks: what is needed to read its messages once more and to save them. */
export interface CheckedItem {
  readonly id: string;
  readonly head: SavedHead;
  /** The message as it is saved. */
  readonly toSaved: (part: MessagePart, index: number) => SavedMessage;
}

/**
 * Checks an imported conversation while it passes by, message by message. Nothing of the messages is kept but the names of
 * those who said them.
 */
export class ItemCheck {
  private readonly problems: FieldProblem[] = [];
  private readonly cast: Cast;
  private count = 0;

  /**
   * @param loc place of the conversation: `body`, and its number in a list
   * @param madeUpId its id when it brings none
   */
  constructor(
    private readonly limits: ImportLimits,
    private readonly loc: Loc,
    private readonly madeUpId: string,
  ) {
    this.cast = new Cast(limits, [...loc, 'messages']);
  }

  /** @throws JsonFault */
  addMessage(part: MessagePart): void {
    const index = this.count;
    this.count += 1;
    if (this.problems.length >= MAX_PROBLEMS) {
      return;
    }
    const loc = [...this.loc, 'messages', index];
    const read = readMessage(part, loc, this.limits);
    if ('problems' in read) {
      this.problems.push(...read.problems);
      return;
    }
    const message = read.value;
    const content = textOf(message);
    if (content === undefined) {
      this.problems.push(missing([...loc, 'content'], message));
      return;
    }
    this.problems.push(
      ...savedLimitProblems({ messages: [{ content }] }, this.limits).map((found) => ({
        ...found,
        loc: [...loc, 'content'],
      })),
    );
    this.cast.add(message, index);
  }

  /**
   * Ends the conversation.
   * @throws ValidationFailedError with all problems; DomainError SOURCE_RESERVED; JsonFault
   */
  finish(part: ConversationPart): CheckedItem {
    const head = this.readHead(part);
    if (head === undefined || this.problems.length > 0) {
      throw new ValidationFailedError(this.problems.slice(0, MAX_PROBLEMS));
    }
    checkSource(head.source);
    const now = new Date().toISOString();
    const createdAt = head.createdAt ?? now;
    const { limits, loc, cast, madeUpId } = this;
    return {
      id: head.id?.trim() ? head.id : madeUpId,
      head: {
        title: head.title || DEFAULT_TITLE,
        agents: cast.agents(),
        createdAt,
        source: head.source ?? DEFAULT_SOURCE,
        importedAt: importedAtOf(head) ?? now,
      },
      toSaved: (message, index) => {
        const read = passed(readMessage(message, [...loc, 'messages', index], limits));
        const speaker = cast.speakerOf(read);
        return {
          id: read.id ?? `msg-${index}`,
          agentId: speaker.id,
          content: textOf(read) ?? '',
          timestamp: read.timestamp ?? createdAt,
          model: read.model ?? speaker.model,
        };
      },
    };
  }

  private readHead(part: ConversationPart): ImportedHead | undefined {
    const { loc, limits } = this;
    const json = readValue(part, loc, limits.maxNestingDepth, limits.maxBodyBytes);
    const raw = 'problems' in json ? {} : conversationWithCamelKeys(json.value);
    const read = 'problems' in json ? json : readRequest(raw, ImportedHead, loc);
    if ('problems' in read) {
      this.problems.push(...read.problems);
      return undefined;
    }
    const head = read.value;
    this.problems.push(
      ...this.messageListProblems(part, isPlainObject(raw) ? raw : {}),
      ...savedLimitProblems(head, limits, loc),
    );
    this.problems.push(...this.cast.settle(head.agents?.map(toAgent) ?? []));
    return head;
  }

  private messageListProblems(
    { messageLists, messageCount }: ConversationPart,
    raw: Readonly<Record<string, unknown>>,
  ): FieldProblem[] {
    const loc = [...this.loc, 'messages'];
    const { maxImportMessages: max } = this.limits;
    if (raw['messages'] === undefined) {
      return [missing(loc, raw)];
    }
    if (!Array.isArray(raw['messages'])) {
      return [problem('list_type', loc, 'Input should be a valid list', raw['messages'])];
    }
    if (messageLists !== 1) {
      return [problem('value_error', loc, 'Value error, must be given once', null)];
    }
    return messageCount > max ? [tooManyMessages(loc, max, messageCount)] : [];
  }
}

function readMessage(part: MessagePart, loc: Loc, limits: ImportLimits): ReadRequest<ImportedMessage> {
  const json = readValue(part, loc, limits.maxNestingDepth, messageBytes(limits));
  return 'problems' in json ? json : readRequest(withCamelKeys(json.value), ImportedMessage, loc);
}

/** @throws JsonFault */
function readValue(
  part: ConversationPart | MessagePart,
  loc: Loc,
  maxDepth: number,
  maxBytes: number,
): ReadRequest<unknown> {
  if (part.isTooDeep) {
    const msg = `Value error, must not be nested deeper than ${maxDepth} levels`;
    return { problems: [problem('value_error', loc, msg, '…', { max_depth: maxDepth })] };
  }
  if (part.isTooLarge) {
    const what = part.kind === 'message' ? 'a message' : 'everything but the messages';
    const msg = `Value error, ${what} must not be larger than ${maxBytes} bytes`;
    return { problems: [problem('value_error', loc, msg, '…', { max_bytes: maxBytes })] };
  }
  const value = parseJson(part);
  const unsafe = findUnsafeValue(value, maxDepth, loc);
  return unsafe === undefined ? { value } : { problems: [unsafe] };
}

/** A message that is read once more, after its check. */
function passed<T>(read: ReadRequest<T>): T {
  if ('problems' in read) {
    throw new ValidationFailedError(read.problems);
  }
  return read.value;
}

function textOf({ content, message }: ImportedMessage): string | undefined {
  return content ?? message ?? undefined;
}

/** Largest text of a message: every character of the longest content written as two escapes, and its other fields. */
export function messageBytes({ maxMessageCharacters }: Pick<ImportLimits, 'maxMessageCharacters'>): number {
  return 12 * maxMessageCharacters + 65_536;
}

function tooManyMessages(loc: Loc, max: number, count: number): FieldProblem {
  return problem(
    'too_long',
    loc,
    `List should have at most ${max} items after validation, not ${count}`,
    null,
    { field_type: 'List', max_length: max, actual_length: count },
  );
}
