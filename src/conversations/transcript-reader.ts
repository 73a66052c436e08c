import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { Database } from '../database/database';
import { type MessageView } from '../live/event-types';
import { type Conversation, type ConversationAgent } from './conversation.dto';
import { ConversationEntity } from './conversation.entity';
import { systemAgent } from './system-agent';

/** What a run needs of its experiment to be shown. */
export interface RunOwner {
  readonly id: string;
  readonly agents: readonly Pick<Agent, 'id' | 'name' | 'color' | 'model'>[];
}

interface MessageRow extends MessageView {
  readonly conversation_id: string;
}

/** Reads runs as existing clients know them. */
@Injectable()
export class TranscriptReader {
  constructor(private readonly database: Database) {}

  /** All runs of an experiment with their messages, in the order of their numbers. */
  async runs(owner: RunOwner): Promise<Conversation[]> {
    const runs = await this.database.read.find(ConversationEntity, {
      where: { experimentId: owner.id },
      order: { iteration: 'ASC' },
    });
    const rows = await this.database.read.query<MessageRow[]>(
      `SELECT m.conversation_id, m.message_id AS id, m.agent_id AS agentId, m.content, m.created_at AS timestamp,
              COALESCE(m.model, m.speaker) AS model
         FROM conversations c JOIN messages m ON m.conversation_id = c.id
        WHERE c.experiment_id = ? ORDER BY c.iteration, m.seq`,
      [owner.id],
    );
    const messages = new Map<string, MessageView[]>();
    for (const { conversation_id: conversationId, ...message } of rows) {
      const list = messages.get(conversationId) ?? [];
      messages.set(conversationId, list);
      list.push(message);
    }
    const agents = agentsOf(owner);
    return runs.map((run) => toConversation(run, agents, messages.get(run.id) ?? []));
  }

  /** One run; null when there is none of this number. */
  async run(owner: RunOwner, iteration: number): Promise<Conversation | null> {
    const run = await this.database.read.findOneBy(ConversationEntity, { experimentId: owner.id, iteration });
    if (!run) {
      return null;
    }
    const messages = await this.database.read.query<MessageView[]>(
      `SELECT message_id AS id, agent_id AS agentId, content, created_at AS timestamp, COALESCE(model, speaker) AS model
         FROM messages WHERE conversation_id = ? ORDER BY seq`,
      [run.id],
    );
    return toConversation(run, agentsOf(owner), messages);
  }
}

/** The agents as clients show them, `System` last. */
export function agentsOf(owner: RunOwner): ConversationAgent[] {
  return [...owner.agents, systemAgent(owner.agents)].map(({ id, name, color, model }) => ({
    id,
    name,
    color,
    originalName: null,
    model,
  }));
}

function toConversation(
  run: ConversationEntity,
  agents: ConversationAgent[],
  messages: MessageView[],
): Conversation {
  return {
    id: run.id,
    title: run.title,
    agents: run.agents ?? agents,
    messages,
    createdAt: run.createdAt,
    experiment_id: run.experimentId,
    iteration: run.iteration,
    source: null,
    importedAt: null,
    state: run.state,
    endReason: run.endReason,
    errorCode: run.errorCode,
    error: run.error,
  };
}
