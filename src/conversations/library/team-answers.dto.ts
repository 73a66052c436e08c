import { ApiProperty } from '@nestjs/swagger';
import { LibraryEntryHead, LibraryImportReport } from '../../agents/library/library-answers.dto';
import { type KeptTeam, SaveTeamRequest } from './save-team.dto';

/** A saved team in one of its versions. */
export class SavedTeam extends LibraryEntryHead {
  /** Number of the newest version. @example 2 */
  newest_version!: number;
  /** As it was saved, with the defaults of `team` and `stop`. */
  @ApiProperty({ type: () => SaveTeamRequest })
  definition!: KeptTeam;
}

/** A team after it was saved. */
export class TeamSaved extends SavedTeam {
  /** False when its newest version was the same already. */
  changed!: boolean;
}

/** A part of a file of AutoGen that has become something here. */
export class AutoGenMapped {
  /** Place in the file. @example "/config/participants/0" */
  path!: string;
  /** Its class. @example "AssistantAgent" */
  component!: string;
  /** What it became. @example "agent Writer" */
  to!: string;
}

/** A part of a file of AutoGen that could not be taken over, or that means something else here. */
export class AutoGenNotMapped {
  /** Place in the file. @example "/config/participants/0/config/tools" */
  path!: string;
  /** Its class. @example "AssistantAgent" */
  component!: string;
  /** @example "tools are not run: the agent answers without them" */
  why!: string;
}

/** What became of an import of teams. */
export class TeamImportReport extends LibraryImportReport {
  /** Only for a file of AutoGen: what was taken over. */
  mapped?: AutoGenMapped[];
  /** Only for a file of AutoGen: what was not, or means something else here. */
  not_mapped?: AutoGenNotMapped[];
}

export class TeamList {
  /** The one that was changed last first; those that come with the product are the oldest. */
  teams!: LibraryEntryHead[];
  /** Only when `limit` or `cursor` was given: the `cursor` of the next page, null on the last one. */
  next_cursor?: string | null;
}
