import { type EntityTarget, type MixedList } from 'typeorm';

/** The entities and migrations of the application; the database itself knows no feature. */
export interface DatabaseSchema {
  readonly entities: EntityTarget<object>[];
  readonly migrations: MixedList<new () => object>;
}
