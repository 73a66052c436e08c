import { Inject, Injectable } from '@nestjs/common';
import { validateRequest } from '../common/validation/validate-request';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { type ConversationAgent } from './conversation.dto';
import { type ConversationChange, ConversationChanges } from './conversation-changes';
import { ConversationRemoval } from './conversation-removal';
import { agentsOfRow, conversationText } from './conversation-text';
import { conversationNotFound, ConversationRepository, summaryOf } from './conversation.repository';
import {
  type ConversationDeleted,
  type ConversationSaved,
  type ConversationUpdated,
  type StorageInfo,
} from './dto/conversation-answers.dto';
import {
  ConversationUpdate,
  RunUpdate,
  type SaveConversationRequest,
  type SavedMessageModel,
} from './dto/save-conversation.dto';
import { conversationWithCamelKeys } from './saved/camel-keys';
import {
  DEFAULT_SOURCE,
  DEFAULT_TITLE,
  importedAtOf,
  type SavedHead,
  type SavedMessage,
  toAgent,
} from './saved/saved-conversation';
import { conversationIsRun, SavedConversationWriter } from './saved/saved-conversation-writer';
import { checkSavedLimits, checkSource } from './saved/saved-limits';

/** Conversations from the request to the answer: runs of experiments, and those that clients save. */
@Injectable()
export class ConversationsService {
  constructor(
    private readonly repository: ConversationRepository,
    private readonly writer: SavedConversationWriter,
    private readonly removal: ConversationRemoval,
    private readonly changes: ConversationChanges,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** JSON text of a conversation with all its messages. */
  async get(id: string): Promise<string> {
    const row = await this.repository.find(id);
    if (!row) {
      throw conversationNotFound(id);
    }
    return conversationText(row);
  }

  /**
   * Saves a conversation, in place of an older one with its id.
   * @param newId its id when it brings none; what is stored under it was saved by this same request before
   */
  async save(request: SaveConversationRequest, newId: string): Promise<ConversationSaved> {
    checkSavedLimits(request, this.settings);
    checkSource(request.source);
    const id = request.id?.trim() ? request.id : newId;
    if (id === newId && (await this.repository.findHead(id))) {
      return { message: 'Conversation saved', id };
    }
    const head = newHead(request);
    await this.writer.save(id, head.agents, request.messages.map(toSavedMessage), () => head);
    await this.tell('saved', id);
    return { message: 'Conversation saved', id };
  }

  /** Merges changes into a saved conversation; of a run only the title changes (decision 6). */
  async update(id: string, body: unknown): Promise<ConversationUpdated> {
    const stored = await this.repository.getHead(id);
    if (stored.experiment_id === null) {
      await this.updateSaved(id, agentsOfRow(stored), body);
      await this.tell('updated', id);
    } else if (await this.renameRun(id, body)) {
      await this.tell('updated', id);
    }
    return { message: 'Conversation updated', id };
  }

  /** Removes a saved conversation. */
  async remove(id: string): Promise<ConversationDeleted> {
    const stored = await this.repository.getHead(id);
    if (stored.experiment_id !== null) {
      throw conversationIsRun(id);
    }
    if (!(await this.removal.removeSaved(id))) {
      throw conversationNotFound(id);
    }
    this.changes.next({ kind: 'deleted', conversation: summaryOf(stored) });
    return { message: 'Conversation deleted' };
  }

  /** JSON text of a page of messages. */
  async messagesAfter(id: string, afterSeq: number, limit: number): Promise<string> {
    const { message_count: lastSeq } = await this.repository.getHead(id);
    return `{"messages":[${await this.repository.messagesText(id, afterSeq, limit)}],"lastSeq":${lastSeq}}`;
  }

  async storageInfo(): Promise<StorageInfo> {
    const { experiments, runs, saved } = await this.repository.counts();
    return {
      experiment_count: experiments,
      conversation_count: runs,
      data_directory: this.settings.dataDirectory,
      imported_conversation_count: saved,
      imported_directory: this.settings.dataDirectory,
      total_conversation_count: runs + saved,
    };
  }

  private async updateSaved(id: string, agents: readonly ConversationAgent[], body: unknown): Promise<void> {
    const update = validateRequest(conversationWithCamelKeys(body), ConversationUpdate, 'body');
    checkSavedLimits(update, this.settings);
    checkSource(update.source);
    if (update.messages === undefined) {
      await this.writer.update(id, (older) => merged(older, update));
      return;
    }
    const speakers = update.agents?.map(toAgent) ?? agents;
    await this.writer.save(id, speakers, update.messages.map(toSavedMessage), (older) => {
      if (!older) {
        throw conversationNotFound(id);
      }
      return merged(older, update);
    });
  }

  private renameRun(id: string, body: unknown): Promise<boolean> {
    const { title } = validateRequest(body, RunUpdate, 'body');
    checkSavedLimits({ title }, this.settings);
    return title === undefined ? Promise.resolve(false) : this.repository.setRunTitle(id, title);
  }

  private async tell(kind: ConversationChange['kind'], id: string): Promise<void> {
    const stored = await this.repository.findHead(id);
    // Somebody may have deleted it meanwhile, and told so.
    if (stored) {
      this.changes.next({ kind, conversation: summaryOf(stored) });
    }
  }
}

function newHead(request: SaveConversationRequest): SavedHead {
  const { title, agents, createdAt, source } = request;
  return {
    title: title || DEFAULT_TITLE,
    agents: agents.map(toAgent),
    createdAt,
    source: source ?? DEFAULT_SOURCE,
    importedAt: importedAtOf(request) ?? new Date().toISOString(),
  };
}

function merged(older: SavedHead, update: ConversationUpdate): SavedHead {
  return {
    title: update.title || older.title,
    agents: update.agents?.map(toAgent) ?? older.agents,
    createdAt: update.createdAt ?? older.createdAt,
    source: update.source === undefined ? older.source : (update.source ?? DEFAULT_SOURCE),
    importedAt: importedAtOf(update) ?? older.importedAt,
  };
}

function toSavedMessage({ id, agentId, content, timestamp, model }: SavedMessageModel): SavedMessage {
  return { id, agentId, content, timestamp, model: model ?? null };
}
