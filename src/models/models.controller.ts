import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { WildcardText } from '../common/http/wildcard';
import {
  DeleteModelQuery,
  ForceQuery,
  InstalledModelList,
  LoadedModelList,
  ModelInfo,
  OllamaVersion,
} from './dto/model.dto';
import { ModelOperationResponse } from './dto/pull.dto';
import { ModelsService } from './models.service';

@ApiTags('models')
@Controller('api/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  /**
   * List the installed models
   *
   * What Ollama has on its disk. Of several servers each model once, with the servers that have it.
   */
  @Get('list')
  listModels(): Promise<InstalledModelList> {
    return this.models.list();
  }

  /**
   * List the loaded models
   *
   * What Ollama has in memory, how much of it, and until when; of all servers.
   */
  @Get('ps')
  listLoadedModels(): Promise<LoadedModelList> {
    return this.models.loaded();
  }

  /**
   * Show what a model can do
   *
   * Slashes in the name may be encoded or not; `m` means `m:latest`.
   */
  @Get('show/*model_name')
  showModel(@Param('model_name', WildcardText) name: string): Promise<ModelInfo> {
    return this.models.show(name);
  }

  /**
   * Take a model out of memory
   *
   * On every server. Ollama loads it again when it is used. Refused while a running experiment uses it, unless forced.
   */
  @Post('unload/*model_name')
  @HttpCode(200)
  unloadModel(
    @Param('model_name', WildcardText) name: string,
    @Query() { force = false }: ForceQuery,
  ): Promise<ModelOperationResponse> {
    return this.models.unload(name, force);
  }

  /**
   * Delete a model
   *
   * Takes it off the disk of every server that has it, or of the named one. Refused while a running experiment uses it,
   * unless forced.
   */
  @Delete('delete/*model_name')
  deleteModel(
    @Param('model_name', WildcardText) name: string,
    @Query() { force = false, server }: DeleteModelQuery,
  ): Promise<ModelOperationResponse> {
    return this.models.delete(name, force, server);
  }

  /**
   * Tell the version of Ollama
   *
   * Also a way to see whether Ollama answers. Of several servers that of the one that answers first.
   */
  @Get('version')
  getVersion(): Promise<OllamaVersion> {
    return this.models.version();
  }
}
