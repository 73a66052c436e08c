import { DataSource } from 'typeorm';
import { loadSettingsHere } from './config/load-settings';
import { writerOptions } from './database/database';
import { schema } from './schema';

/** The data source of the migration commands (`npm run migration:*`). */
export default new DataSource(writerOptions(loadSettingsHere(), schema));
