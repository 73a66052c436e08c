import { IntField, LooseTimeField, ObjectListField, TextField } from '../../common/validation/fields';

/** Longest id of a conversation, an agent or a message. */
export const MAX_ID_CHARACTERS = 500;

/** An agent of a conversation that is saved. */
export class SavedAgentModel {
  /** Any text. @example "agent-1" */
  @TextField({ maxLength: MAX_ID_CHARACTERS })
  readonly id!: string;

  /** @example "Guide" */
  @TextField()
  readonly name!: string;

  /** Any text; the dashboard sends `#RRGGBB`. @example "#10B981" */
  @TextField({ maxLength: 200 })
  readonly color!: string;

  /** @example "llama3.2:3b" */
  @TextField({ maxLength: 500 })
  readonly model!: string;

  /** Name before the agent was renamed. */
  @TextField({ optional: true, nullable: true })
  readonly originalName?: string | null = null;
}

/** A message of a conversation that is saved. */
export class SavedMessageModel {
  /** Any text. @example "msg-0" */
  @TextField({ maxLength: MAX_ID_CHARACTERS })
  readonly id!: string;

  /** Id of the agent in the list of the same conversation. @example "agent-1" */
  @TextField({ maxLength: MAX_ID_CHARACTERS })
  readonly agentId!: string;

  /** @example "Hello, where shall we begin?" */
  @TextField()
  readonly content!: string;

  /** ISO 8601; a time without a zone is UTC. What is no time stays as it is. @example "2026-01-22T19:05:23.351Z" */
  @LooseTimeField()
  readonly timestamp!: string;

  /** @example "Guide" */
  @TextField({ optional: true, nullable: true, maxLength: 500 })
  readonly model?: string | null = null;
}

/** A conversation that a client saves. Unknown fields are ignored. */
export class SaveConversationRequest {
  /** Any text; one is made up when it is empty or left out. A conversation with this id is replaced. @example "conv-1" */
  @TextField({ optional: true, nullable: true, maxLength: MAX_ID_CHARACTERS })
  readonly id?: string | null = null;

  /** A blank one is replaced by a made-up one. @example "Two views of Lisbon" */
  @TextField({ trim: true })
  readonly title!: string;

  @ObjectListField(() => SavedAgentModel)
  readonly agents!: SavedAgentModel[];

  @ObjectListField(() => SavedMessageModel)
  readonly messages!: SavedMessageModel[];

  /** ISO 8601; a time without a zone is UTC. What is no time stays as it is. @example "2026-01-22T19:05:22.351Z" */
  @LooseTimeField()
  readonly createdAt!: string;

  /** Taken for the sake of existing clients; a saved conversation belongs to no experiment. */
  @TextField({ optional: true, nullable: true })
  readonly experiment_id?: string | null = null;

  /** As `experiment_id`. */
  @IntField({ optional: true, nullable: true })
  readonly iteration?: number | null = null;

  /** Any text but `experiment`; left out = `import`. @example "import" */
  @TextField({ optional: true, nullable: true, maxLength: 100 })
  readonly source?: string | null = null;

  /** ISO 8601; left out, or no time = now. @example "2026-01-22T19:10:00.000Z" */
  @LooseTimeField({ optional: true, nullable: true })
  readonly importedAt?: string | null = null;
}

/**
 * Changes of a conversation, in either spelling of the names (`createdAt`, `created_at`). What is left out stays; other
 * fields are ignored. Of a run of an experiment only the title changes.
 */
export class ConversationUpdate {
  /** A blank one changes nothing. @example "Two views of Lisbon" */
  @TextField({ optional: true, trim: true })
  readonly title?: string;

  @ObjectListField(() => SavedAgentModel, { optional: true })
  readonly agents?: SavedAgentModel[];

  /** All messages; they replace those that were saved before. */
  @ObjectListField(() => SavedMessageModel, { optional: true })
  readonly messages?: SavedMessageModel[];

  /** ISO 8601. @example "2026-01-22T19:05:22.351Z" */
  @LooseTimeField({ optional: true })
  readonly createdAt?: string;

  /** Any text but `experiment`; null = `import`. @example "import" */
  @TextField({ optional: true, nullable: true, maxLength: 100 })
  readonly source?: string | null;

  /** ISO 8601; null, or what is no time, changes nothing. @example "2026-01-22T19:10:00.000Z" */
  @LooseTimeField({ optional: true, nullable: true })
  readonly importedAt?: string | null;
}

/** What a change of a run may hold; everything else is ignored, even when it is wrong. */
export class RunUpdate {
  @TextField({ optional: true, trim: true, nonBlank: true })
  readonly title?: string;
}
