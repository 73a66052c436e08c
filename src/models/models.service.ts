import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { contextLengthOf } from '../ollama/model-facts';
import { modelNotInstalled } from '../ollama/model-call-error';
import { ModelUse } from '../ollama/model-use';
import { type InstalledModel, OllamaClient } from '../ollama/ollama.client';
import { checkedModelName } from './checked-model-name';
import {
  type InstalledModelInfo,
  type InstalledModelList,
  type LoadedModelList,
  type ModelInfo,
  type OllamaVersion,
} from './dto/model.dto';
import { type ModelOperationResponse } from './dto/pull.dto';
import { PullFeed } from './pull-feed';

/** Installed and loaded models. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly ollama: OllamaClient,
    private readonly use: ModelUse,
    private readonly feed: PullFeed,
  ) {}

  async list(): Promise<InstalledModelList> {
    return { models: (await this.ollama.installedModels()).map(installedModelInfo) };
  }

  async loaded(): Promise<LoadedModelList> {
    const models = await this.ollama.loadedModels();
    return {
      models: models.map((model) => ({
        name: model.name,
        size: model.size ?? 0,
        size_vram: model.size_vram ?? 0,
        expires_at: model.expires_at ?? null,
        context_length: model.context_length ?? null,
        digest: model.digest ?? '',
      })),
    };
  }

  async show(model: string): Promise<ModelInfo> {
    const installed = await this.find(model);
    const details = await this.ollama.show(installed.name);
    return {
      ...installedModelInfo(installed),
      capabilities: details.capabilities ? [...details.capabilities] : null,
      context_length: contextLengthOf(details),
      parameters: details.parameters ?? null,
    };
  }

  async version(): Promise<OllamaVersion> {
    return { version: await this.ollama.version() };
  }

  /** Takes a model out of memory. */
  async unload(model: string, force: boolean): Promise<ModelOperationResponse> {
    const { name } = await this.find(model);
    this.requireUnused(name, force);
    await this.ollama.unload(name);
    return { success: true, message: `${name} is unloaded.` };
  }

  /** Takes a model off the disk. */
  async delete(model: string, force: boolean): Promise<ModelOperationResponse> {
    const { name } = await this.find(model);
    this.requireUnused(name, force);
    await this.ollama.delete(name);
    this.feed.next({ kind: 'model.deleted', name });
    return { success: true, message: `${name} is deleted.` };
  }

  /** @throws ModelCallError MODEL_NOT_FOUND */
  private async find(model: string): Promise<InstalledModel> {
    checkedModelName(model, ['path', 'model_name']);
    const installed = await this.ollama.findInstalled(model);
    if (!installed) {
      throw modelNotInstalled(model);
    }
    return installed;
  }

  /** @throws DomainError MODEL_IN_USE */
  private requireUnused(name: string, force: boolean): void {
    const experiments = this.use.usersOf(name);
    if (experiments.length > 0 && !force) {
      throw new DomainError(
        'MODEL_IN_USE',
        `${name} is used by running experiments: ${experiments.join(', ')}. Add force=true to do it anyway.`,
        { experiments },
      );
    }
  }
}

function installedModelInfo(model: InstalledModel): InstalledModelInfo {
  return {
    name: model.name,
    size: model.size ?? 0,
    digest: model.digest ?? '',
    modified_at: model.modified_at ?? '',
    details: model.details ?? {},
  };
}
