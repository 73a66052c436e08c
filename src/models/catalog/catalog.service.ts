import { Injectable } from '@nestjs/common';
import { fullModelName } from '../../ollama/model-name';
import { OllamaFleet } from '../../ollama/ollama-fleet';
import { BUILT_IN_CATALOG } from './built-in-catalog';
import { inCatalogOrder } from './catalog-entry';
import { type CatalogModelList } from './catalog.dto';
import { CatalogRepository } from './catalog.repository';

/** What can be pulled: the saved list, else the built-in one. */
@Injectable()
export class CatalogService {
  constructor(
    private readonly repository: CatalogRepository,
    private readonly ollama: OllamaFleet,
  ) {}

  async list(): Promise<CatalogModelList> {
    const [saved, installed] = await Promise.all([this.repository.find(), this.installedNames()]);
    const models = inCatalogOrder(saved ?? BUILT_IN_CATALOG);
    return {
      models: models.map((entry) => ({ ...entry, installed: installed.has(fullModelName(entry.tag)) })),
    };
  }

  /** None while Ollama is away: the catalog can be read all the same. */
  private async installedNames(): Promise<ReadonlySet<string>> {
    const models = await this.ollama.installedModels().catch(() => []);
    return new Set(models.map(({ name }) => fullModelName(name)));
  }
}
