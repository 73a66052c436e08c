import { type ConversationAgent } from './conversation.dto';
import { agentsOf, type RunOwner } from './transcript-reader';

/** A conversation as it is read, without its messages. */
export interface ConversationHeadRow {
  readonly id: string;
  readonly title: string;
  readonly experiment_id: string | null;
  readonly iteration: number | null;
  readonly source: string | null;
  readonly imported_at: string | null;
  readonly created_at: string;
  readonly message_count: number;
  /** JSON; null for runs of this server. */
  readonly agents: string | null;
  /** JSON of the agents of its experiment; null for a saved conversation. */
  readonly owner_agents: string | null;
}

export interface ConversationRow extends ConversationHeadRow {
  readonly state: string;
  /** JSON. */
  readonly end_reason: string | null;
  readonly error_code: string | null;
  readonly error: string | null;
  /** JSON of the messages, joined by commas; null when there are none. */
  readonly messages: string | null;
}

/** A conversation as JSON text. The texts that SQLite made are put together without being parsed again. */
export function conversationText(row: ConversationRow): string {
  const experimentId = JSON.stringify(row.experiment_id);
  return (
    `{"id":${JSON.stringify(row.id)},"title":${JSON.stringify(row.title)},` +
    `"agents":${JSON.stringify(agentsOfRow(row))},"messages":[${row.messages ?? ''}],` +
    `"createdAt":${JSON.stringify(row.created_at)},"experiment_id":${experimentId},"experimentId":${experimentId},` +
    `"iteration":${row.iteration},"source":${JSON.stringify(row.source)},` +
    `"importedAt":${JSON.stringify(row.imported_at)},"state":${JSON.stringify(row.state)},` +
    `"endReason":${row.end_reason ?? 'null'},"errorCode":${JSON.stringify(row.error_code)},` +
    `"error":${JSON.stringify(row.error)}}`
  );
}

/** The agents that were stored with a conversation, or those of its experiment and `System`. */
export function agentsOfRow({
  agents,
  owner_agents: ownerAgents,
  experiment_id: id,
}: ConversationHeadRow): ConversationAgent[] {
  return agents === null && id !== null
    ? agentsOf({ id, agents: JSON.parse(ownerAgents ?? '[]') as RunOwner['agents'] })
    : (JSON.parse(agents ?? '[]') as ConversationAgent[]);
}
