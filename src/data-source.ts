import { DataSource } from 'typeorm';
import { loadSettingsHere } from './config/load-settings';
import { writerOptions } from './database/database';
import { acquireServerLock } from './database/server-lock';
import { schema } from './schema';

const settings = loadSettingsHere();
// Held until the command ends: no server may run on the same data meanwhile.
acquireServerLock(settings.dataDirectory);

/** The data source of the migration commands (`npm run migration:*`). */
export default new DataSource(writerOptions(settings, schema));
