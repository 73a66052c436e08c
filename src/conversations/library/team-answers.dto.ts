import { ApiProperty } from '@nestjs/swagger';
import { LibraryEntryHead } from '../../agents/library/library-answers.dto';
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

export class TeamList {
  /** The one that was changed last first; those that come with the product are the oldest. */
  teams!: LibraryEntryHead[];
  /** Only when `limit` or `cursor` was given: the `cursor` of the next page, null on the last one. */
  next_cursor?: string | null;
}
