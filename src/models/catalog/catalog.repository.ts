import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database';
import { type CatalogEntry, ModelCatalogEntity } from './model-catalog.entity';

const ONLY_ROW = 1;

/** The saved catalog. */
@Injectable()
export class CatalogRepository {
  constructor(private readonly database: Database) {}

  /** Null when none was saved. */
  async find(): Promise<readonly CatalogEntry[] | null> {
    const row = await this.database.read.findOneBy(ModelCatalogEntity, { id: ONLY_ROW });
    return row?.models ?? null;
  }

  /** Saves a catalog in the place of the one before. */
  async save(models: CatalogEntry[]): Promise<void> {
    const updatedAt = new Date().toISOString();
    await this.database.write(async (tx) => {
      await tx.upsert(ModelCatalogEntity, { id: ONLY_ROW, models, updatedAt }, ['id']);
    });
  }
}
