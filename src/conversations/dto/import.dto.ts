import { LooseTimeField, ObjectField, ObjectListField, TextField } from '../../common/validation/fields';
import { MAX_ID_CHARACTERS, SavedAgentModel } from './save-conversation.dto';

/** Who said a message of a file without a list of agents (form B). */
export class ImportedSpeaker {
  @TextField({ optional: true, nullable: true })
  readonly name?: string | null = null;

  @TextField({ optional: true, nullable: true, maxLength: 500 })
  readonly model?: string | null = null;
}

/** A message of an imported file, in either form. */
export class ImportedMessage {
  @TextField({ optional: true, nullable: true, maxLength: MAX_ID_CHARACTERS })
  readonly id?: string | null = null;

  @TextField({ optional: true, nullable: true, maxLength: MAX_ID_CHARACTERS })
  readonly agentId?: string | null = null;

  @ObjectField(() => ImportedSpeaker, { optional: true, nullable: true })
  readonly agent?: ImportedSpeaker | null = null;

  @TextField({ optional: true, nullable: true })
  readonly content?: string | null = null;

  /** Another name of `content`. */
  @TextField({ optional: true, nullable: true })
  readonly message?: string | null = null;

  @LooseTimeField({ optional: true, nullable: true })
  readonly timestamp?: string | null = null;

  @TextField({ optional: true, nullable: true, maxLength: 500 })
  readonly model?: string | null = null;
}

/** Everything of an imported conversation but its messages. */
export class ImportedHead {
  @TextField({ optional: true, nullable: true, maxLength: MAX_ID_CHARACTERS })
  readonly id?: string | null = null;

  @TextField({ optional: true, nullable: true, trim: true })
  readonly title?: string | null = null;

  @ObjectListField(() => SavedAgentModel, { optional: true, nullable: true })
  readonly agents?: SavedAgentModel[] | null = null;

  @LooseTimeField({ optional: true, nullable: true })
  readonly createdAt?: string | null = null;

  @LooseTimeField({ optional: true, nullable: true })
  readonly importedAt?: string | null = null;

  @TextField({ optional: true, nullable: true, maxLength: 100 })
  readonly source?: string | null = null;
}
