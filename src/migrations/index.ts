import { InitialSchema1795379131550 } from './1795379131550-initial-schema';
import { SavedConversationsAndPulls1795550000000 } from './1795550000000-saved-conversations-and-pulls';

/** All migrations, oldest first. */
export const migrations = [InitialSchema1795379131550, SavedConversationsAndPulls1795550000000];
