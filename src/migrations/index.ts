import { InitialSchema1795379131550 } from './1795379131550-initial-schema';
import { SavedConversationsAndPulls1795550000000 } from './1795550000000-saved-conversations-and-pulls';
import { ImportedRecords1795560000000 } from './1795560000000-imported-records';
import { ControlAndRecovery1795600000000 } from './1795600000000-control-and-recovery';
import { Teams1795700000000 } from './1795700000000-teams';
import { Scheduling1795800000000 } from './1795800000000-scheduling';

/** All migrations, oldest first. */
export const migrations = [
  InitialSchema1795379131550,
  SavedConversationsAndPulls1795550000000,
  ImportedRecords1795560000000,
  ControlAndRecovery1795600000000,
  Teams1795700000000,
  Scheduling1795800000000,
];
