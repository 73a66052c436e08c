import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CatalogUpdater } from './catalog-updater';
import { CatalogModelList, CatalogUpdated } from './catalog.dto';
import { CatalogService } from './catalog.service';

@ApiTags('models')
@Controller('api/models/catalog')
export class CatalogController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly updater: CatalogUpdater,
  ) {}

  /**
   * List models that can be pulled
   *
   * One entry for each variant: the list that was fetched last, else a built-in one.
   */
  @Get()
  getModelCatalog(): Promise<CatalogModelList> {
    return this.catalog.list();
  }

  /**
   * Fetch the catalog anew
   *
   * From MODEL_CATALOG_URL. May take minutes; it goes on when the client leaves. On any failure the old list stays.
   */
  @Post('update')
  @HttpCode(200)
  updateModelCatalog(): Promise<CatalogUpdated> {
    return this.updater.update();
  }
}
