import { InitialSchema1795379131550 } from './1795379131550-initial-schema';

/** All migrations, oldest first. */
export const migrations = [InitialSchema1795379131550];
