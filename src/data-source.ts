import { DataSource } from 'typeorm';
import { loadSettingsHere } from './config/load-settings';
import { databasePath, writerOptions } from './database/database';
import { checkDatabaseFile } from './database/database-file';
import { acquireServerLock } from './database/server-lock';
import { schema } from './schema';

const settings = loadSettingsHere();
// Held until the command ends: no server may run on the same data meanwhile.
acquireServerLock(settings.dataDirectory);
checkDatabaseFile(databasePath(settings), schema);

/** The data source of the migration commands (`npm run migration:*`). */
export default new DataSource(writerOptions(settings, schema));
