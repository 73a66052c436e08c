import { Inject, Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { readCatalog } from './catalog-entry';
import { CatalogSourceError, fetchCatalog } from './catalog-source';
import { type CatalogUpdated } from './catalog.dto';
import { CatalogRepository } from './catalog.repository';

/** Fetches the catalog anew. On any failure the old one stays. */
@Injectable()
export class CatalogUpdater {
  private readonly logger = new Logger(CatalogUpdater.name);
  private readonly stopping = new AbortController();
  private running: Promise<CatalogUpdated> | null = null;

  constructor(
    private readonly repository: CatalogRepository,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Begins an update, one at a time, and tells how it ended. It goes on when nobody waits for it any more.
   * @throws DomainError CATALOG_UPDATE_FAILED with the reason
   */
  async update(): Promise<CatalogUpdated> {
    const { modelCatalogUrl: address } = this.settings;
    if (address === '') {
      throw failed('no address is set. See MODEL_CATALOG_URL.');
    }
    if (this.running) {
      throw failed('an update is running already.');
    }
    this.running = this.fetchAndSave(address);
    try {
      return await this.running;
    } finally {
      this.running = null;
    }
  }

  /** Ends an update that is running. */
  async stop(): Promise<void> {
    this.stopping.abort(failed('the server stops.'));
    await this.running?.catch(() => undefined);
  }

  private async fetchAndSave(address: string): Promise<CatalogUpdated> {
    try {
      const { models, dropped } = readCatalog(await fetchCatalog(address, this.stopping.signal));
      if (models.length === 0) {
        throw new CatalogSourceError('it has no usable entry');
      }
      await this.repository.save(models);
      this.logger.log('catalog updated', { models: models.length, dropped });
      const left = dropped === 0 ? '' : ` ${dropped} unusable entries were left out.`;
      return {
        success: true,
        message: `The catalog has ${models.length} models now.${left}`,
        model_count: models.length,
      };
    } catch (error) {
      throw error instanceof CatalogSourceError ? failed(`${error.message}.`, error) : error;
    }
  }
}

function failed(reason: string, cause?: unknown): DomainError {
  const message = `The catalog was not updated: ${reason}`;
  return new DomainError('CATALOG_UPDATE_FAILED', message, {}, { cause });
}
