import { Inject, Injectable } from '@nestjs/common';
import { DomainError, type FieldProblem, ValidationFailedError } from '../../common/errors/domain-error';
import { type ErrorCode } from '../../common/errors/error-codes';
import { jsonInvalid, type Loc, problem, wrongValue } from '../../common/validation/field-problems';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { Database } from '../../database/database';
import { ConversationChanges } from '../conversation-changes';
import { derivedId } from '../../idempotency/derived-id';
import { ConversationRepository, summaryOf } from '../conversation.repository';
import { type ImportItem, type ImportReport } from '../dto/conversation-answers.dto';
import { type SavedMessage } from '../saved/saved-conversation';
import { SavedConversationWriter } from '../saved/saved-conversation-writer';
import { type ScannerLimits } from './conversation-scanner';
import { type CheckedItem, ItemCheck, messageBytes } from './item-check';
import { JsonFault, parseJson } from './json-stretch';
import { type ByteRange, scanFile } from './scan-file';
import { type UploadedFile } from './upload';

/** Most conversations of one request: the answer speaks of each. */
const MAX_ITEMS = 10_000;

/** Most problems that an answer names; after that only the first one of each conversation. */
const MAX_TOLD_PROBLEMS = 10_000;

/** What the answer to a request still has room for, so that it stays of a moderate size whatever is wrong. */
interface Room {
  items: number;
  problems: number;
}

/** A conversation of a file. */
interface Item extends ByteRange {
  /** Place in the list; null when the file is not a list. */
  readonly index: number | null;
}

/**
 * Imports conversations from files, however large, with little memory: each file is read once to see whether it is JSON,
 * then each of its conversations twice, to check it and to save it.
 */
@Injectable()
export class ConversationImports {
  private readonly scannerLimits: ScannerLimits;

  constructor(
    private readonly database: Database,
    private readonly writer: SavedConversationWriter,
    private readonly repository: ConversationRepository,
    private readonly changes: ConversationChanges,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {
    this.scannerLimits = {
      maxMessageBytes: messageBytes(settings),
      maxMessages: settings.maxImportMessages,
      maxHeadBytes: settings.maxBodyBytes,
      maxDepth: settings.maxNestingDepth,
    };
  }

  /**
   * Imports the files of a request.
   * @param importId the ids of conversations that bring none are derived from it: an import that was broken off by a
   * crash and comes again replaces what it saved
   * @throws DomainError STORAGE_FULL
   */
  async run(files: readonly UploadedFile[], importId: string): Promise<ImportReport> {
    this.database.storage.assertRoom();
    const items: ImportItem[] = [];
    const room: Room = { items: MAX_ITEMS, problems: MAX_TOLD_PROBLEMS };
    for (const [index, file] of files.entries()) {
      for await (const item of this.importFile(file, derivedId(importId, String(index)), room)) {
        items.push(withinRoom(item, room));
      }
    }
    const imported = items.filter(({ status }) => status === 'saved').length;
    return { imported, refused: items.length - imported, items };
  }

  private async *importFile(file: UploadedFile, fileId: string, room: Room): AsyncGenerator<ImportItem> {
    let items: Item[];
    try {
      items = await this.itemsOf(file, room);
    } catch (error) {
      yield { file: file.name, index: null, status: 'refused', ...refusal(error, ['body']) };
      return;
    }
    for (const item of items) {
      yield { file: file.name, index: item.index, ...(await this.importItem(file, fileId, item)) };
    }
  }

  /**
   * The conversations of a file, all of which is JSON.
   * @throws JsonFault; ValidationFailedError
   */
  private async itemsOf({ path }: UploadedFile, room: Room): Promise<Item[]> {
    const items: Item[] = [];
    for await (const part of scanFile(path, this.scannerLimits)) {
      if (!part.isTooLarge && !part.isTooDeep) {
        parseJson(part);
      }
      if (part.kind === 'conversation') {
        items.push({ index: part.index, start: part.start, end: part.end });
      }
      if (items.length > room.items) {
        throw refusedFile(`must not hold more than ${MAX_ITEMS} conversations, with the files before it`);
      }
    }
    if (items.length === 0) {
      throw refusedFile('must hold at least one conversation');
    }
    room.items -= items.length;
    return items;
  }

  private async importItem(
    { path }: UploadedFile,
    fileId: string,
    item: Item,
  ): Promise<Omit<ImportItem, 'file' | 'index'>> {
    const loc = item.index === null ? ['body'] : ['body', item.index];
    try {
      const madeUpId = derivedId(fileId, String(item.index ?? 0));
      const checked = await this.check(path, item, loc, madeUpId);
      const { id, head } = checked;
      const messageCount = await this.writer.save(
        id,
        head.agents,
        this.messages(path, item, checked),
        () => head,
      );
      await this.tell(id);
      return { status: 'saved', id, title: head.title, messageCount };
    } catch (error) {
      return { status: 'refused', ...refusal(error, loc) };
    }
  }

  private async check(path: string, item: Item, loc: Loc, madeUpId: string): Promise<CheckedItem> {
    const check = new ItemCheck(this.settings, loc, madeUpId);
    for await (const part of scanFile(path, this.scannerLimits, item)) {
      if (part.kind === 'conversation') {
        return check.finish(part);
      }
      check.addMessage(part);
    }
    throw new Error('A conversation that was found is gone.');
  }

  private async *messages(path: string, item: Item, { toSaved }: CheckedItem): AsyncGenerator<SavedMessage> {
    let index = 0;
    for await (const part of scanFile(path, this.scannerLimits, item)) {
      if (part.kind === 'message') {
        yield toSaved(part, index);
        index += 1;
      }
    }
  }

  private async tell(id: string): Promise<void> {
    const stored = await this.repository.findHead(id);
    if (stored) {
      this.changes.next({ kind: 'imported', conversation: summaryOf(stored) });
    }
  }
}

/** Names the first problem of a refused conversation, and the others while there is room for them. */
function withinRoom(item: ImportItem, room: Room): ImportItem {
  if (item.detail === undefined) {
    return item;
  }
  const detail = item.detail.slice(0, Math.max(1, room.problems));
  room.problems -= detail.length;
  return { ...item, detail };
}

function refusedFile(reason: string): ValidationFailedError {
  return new ValidationFailedError([wrongValue(['body'], reason, null)]);
}

/** Why something was refused; a fault of ours is thrown on. */
function refusal(error: unknown, loc: Loc): { code: ErrorCode; detail: FieldProblem[] } {
  if (error instanceof JsonFault) {
    return { code: 'INVALID_JSON', detail: [jsonInvalid(['body', error.position], error.message)] };
  }
  if (error instanceof ValidationFailedError) {
    return { code: error.code, detail: [...error.problems] };
  }
  if (error instanceof DomainError) {
    const field = REFUSED_FIELDS[error.code];
    const place = field === undefined ? loc : [...loc, field];
    return { code: error.code, detail: [problem('value_error', place, error.message, null)] };
  }
  throw error;
}

/** The field that a refusal is about. */
const REFUSED_FIELDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  SOURCE_RESERVED: 'source',
  CONVERSATION_IS_RUN: 'id',
};
