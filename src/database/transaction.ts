import { type DataSource, type EntityManager } from 'typeorm';

/**
 * Runs work in one transaction on the connection that all units of work share. TypeORM's own transactions are not
 * used: when SQLite takes one back by itself, as it does on a full volume, TypeORM counts it as still open, and later
 * ones would be told as stored and never be.
 */
export async function inTransaction<T>(
  source: DataSource,
  work: (tx: EntityManager) => Promise<T>,
): Promise<T> {
  const { manager } = source.createQueryRunner();
  await manager.query('BEGIN');
  try {
    const result = await work(manager);
    await manager.query('COMMIT');
    return result;
  } catch (error) {
    await rollBack(source, manager);
    throw error;
  }
}

/** Where this fails, the next BEGIN fails as well: nothing is told as stored that is not. */
async function rollBack(source: DataSource, manager: EntityManager): Promise<void> {
  const { databaseConnection } = source.driver as unknown as {
    databaseConnection: { readonly inTransaction: boolean };
  };
  if (databaseConnection.inTransaction) {
    await manager.query('ROLLBACK').catch(() => undefined);
  }
}
