import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { contextLengthOf } from '../ollama/model-facts';
import { modelNotInstalled } from '../ollama/model-call-error';
import { ModelUse } from '../ollama/model-use';
import { type FleetModel, OllamaFleet } from '../ollama/ollama-fleet';
import { checkedServer } from '../ollama/server-choice';
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
    private readonly ollama: OllamaFleet,
    private readonly use: ModelUse,
    private readonly feed: PullFeed,
  ) {}

  async list(): Promise<InstalledModelList> {
    const installed = await this.ollama.installedModels();
    return { models: installed.map((model) => this.infoOf(model)) };
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
        ...(this.ollama.hasSeveral ? { server: model.server } : {}),
      })),
    };
  }

  async show(model: string): Promise<ModelInfo> {
    const installed = await this.find(model);
    const details = await this.ollama.show(installed.name);
    return {
      ...this.infoOf(installed),
      capabilities: details.capabilities ? [...details.capabilities] : null,
      context_length: contextLengthOf(details),
      parameters: details.parameters ?? null,
    };
  }

  async version(): Promise<OllamaVersion> {
    return { version: await this.ollama.version() };
  }

  /** Takes a model out of memory, on all servers. */
  async unload(model: string, force: boolean): Promise<ModelOperationResponse> {
    const { name, servers } = await this.find(model);
    this.requireUnused(name, force);
    await allEnded(servers.map((server) => this.ollama.unload(name, server)));
    return { success: true, message: `${name} is unloaded.` };
  }

  /**
   * Takes a model off the disk of one server, or of all that have it.
   * @param server as the client named it; left out = all
   */
  async delete(model: string, force: boolean, server?: string): Promise<ModelOperationResponse> {
    const choice = checkedServer(server, this.ollama.addresses, ['query', 'server']);
    const { name, servers } = await this.find(model, choice);
    this.requireUnused(name, force);
    await allEnded(servers.map((address) => this.deleteFrom(address, name)));
    const where = this.ollama.hasSeveral ? ` from ${servers.join(', ')}` : '';
    return { success: true, message: `${name} is deleted${where}.` };
  }

  private async deleteFrom(server: string, name: string): Promise<void> {
    await this.ollama.delete(name, server);
    this.feed.next({ kind: 'model.deleted', name, ...(this.ollama.hasSeveral ? { server } : {}) });
  }

  /** @throws ModelCallError MODEL_NOT_FOUND */
  private async find(model: string, choice?: string): Promise<FleetModel> {
    checkedModelName(model, ['path', 'model_name']);
    const installed = await this.ollama.findInstalled(model, choice);
    if (!installed) {
      throw modelNotInstalled(model);
    }
    return installed;
  }

  private infoOf(model: FleetModel): InstalledModelInfo {
    return {
      name: model.name,
      size: model.size ?? 0,
      digest: model.digest ?? '',
      modified_at: model.modified_at ?? '',
      details: model.details ?? {},
      ...(this.ollama.hasSeveral ? { servers: [...model.servers] } : {}),
    };
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

/** Waits until all have ended. @throws the first failure among them */
async function allEnded(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    throw failed.reason;
  }
}
