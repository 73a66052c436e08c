import { isTime } from '../../common/validation/lenient-values';
import { type ConversationAgent } from '../conversation.dto';
import { type SavedAgentModel } from '../dto/save-conversation.dto';

/** Everything of a saved conversation but its id and messages. */
export interface SavedHead {
  readonly title: string;
  readonly agents: readonly ConversationAgent[];
  /** ISO 8601, UTC; or what the client had in its place. */
  readonly createdAt: string;
  readonly source: string;
  /** ISO 8601, UTC. */
  readonly importedAt: string;
}

/** A message that is to be saved. */
export interface SavedMessage {
  readonly id: string;
  readonly agentId: string;
  readonly content: string;
  /** ISO 8601, UTC; or what the client had in its place. */
  readonly timestamp: string;
  readonly model: string | null;
}

/** Title of what clients save without one. */
export const DEFAULT_TITLE = 'Imported conversation';

/** `source` of what clients save without saying where it comes from. */
export const DEFAULT_SOURCE = 'import';

/** When a conversation was imported: the list is in this order, so what is no time counts as not given. */
export function importedAtOf({ importedAt }: { readonly importedAt?: string | null }): string | undefined {
  return isTime(importedAt) ? (importedAt ?? undefined) : undefined;
}

/** Names of the agents by their ids. */
export function namesOf(agents: readonly ConversationAgent[]): ReadonlyMap<string, string> {
  return new Map(agents.map(({ id, name }) => [id, name]));
}

/** An agent as it is stored: fields that are not declared must not reach the database. */
export function toAgent({ id, name, color, originalName, model }: SavedAgentModel): ConversationAgent {
  return { id, name, color, originalName: originalName ?? null, model };
}
