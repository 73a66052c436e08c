import { ApiProperty } from '@nestjs/swagger';
import { AgentDefinition, type KeptAgent } from './agent-definition.dto';
import { LibraryEntryHead } from './library-answers.dto';

/** A saved agent in one of its versions. */
export class SavedAgent extends LibraryEntryHead {
  /** Number of the newest version. @example 2 */
  newest_version!: number;
  /** As it was saved; what was left out is not there. */
  @ApiProperty({ type: () => AgentDefinition })
  definition!: KeptAgent;
}

/** An agent after it was saved. */
export class AgentSaved extends SavedAgent {
  /** False when its newest version was the same already. */
  changed!: boolean;
}

export class AgentList {
  /** The one that was changed last first. */
  agents!: LibraryEntryHead[];
  /** Only when `limit` or `cursor` was given: the `cursor` of the next page, null on the last one. */
  next_cursor?: string | null;
}
