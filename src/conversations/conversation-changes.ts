import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';

/** A conversation as the gateway tells of it. */
export interface ConversationSummary {
  id: string;
  title: string;
  source: string | null;
  /** ISO 8601, UTC; null for a run. */
  importedAt: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
  messageCount: number;
  /** Null for a saved conversation, as is `iteration`. */
  experimentId: string | null;
  iteration: number | null;
}

/** Something that was done to a conversation by a client. */
export interface ConversationChange {
  readonly kind: 'saved' | 'updated' | 'deleted' | 'imported';
  readonly conversation: ConversationSummary;
}

/** Tells the gateway of changes. Publish after the change is stored. */
@Injectable()
export class ConversationChanges extends Subject<ConversationChange> {}
