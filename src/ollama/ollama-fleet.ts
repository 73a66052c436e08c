import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { ModelCallError } from './model-call-error';
import { fullModelName } from './model-name';
import { type InstalledModel, type LoadedModel, type ModelDetails } from './ollama.client';
import { type OllamaServerInfo } from './ollama.dto';
import { type OllamaServer, OllamaServers } from './ollama-servers';
import { type OllamaStatus, readServerInfo, readStatus, statusOfAll } from './ollama-status';
import { type PullOptions } from './pull-stream';
import { ALL_SERVERS } from './server-choice';

/** A model that is on the disk of at least one server; what is told of it is what the first of them says. */
export interface FleetModel extends InstalledModel {
  /** Addresses of the servers that have it, in the order of OLLAMA_URLS. */
  readonly servers: readonly string[];
}

/** A model in the memory of a server. */
export interface FleetLoadedModel extends LoadedModel {
  /** Address of the server. */
  readonly server: string;
}

/**
 * All Ollama servers as if they were one, for everything but calls to models (see `CallScheduler`). Servers are asked side by
 * side. Those that do not answer are passed over while another one does; without any answer the first one's error is told.
 */
@Injectable()
export class OllamaFleet {
  constructor(private readonly servers: OllamaServers) {}

  /** The addresses of all servers, in the order of OLLAMA_URLS. */
  get addresses(): readonly string[] {
    return this.servers.all.map(({ address }) => address);
  }

  /** Whether clients have to tell servers apart. */
  get hasSeveral(): boolean {
    return this.servers.all.length > 1;
  }

  /** The addresses that a checked choice of a server means, see `checkedServer`. */
  addressesOf(choice: string): readonly string[] {
    return choice === ALL_SERVERS ? this.addresses : [choice];
  }

  /** The version of the server that answers first. */
  async version(timeoutMs?: number, choice = ALL_SERVERS): Promise<string> {
    return firstAnswer(this.chosen(choice).map(({ client }) => client.version(timeoutMs)));
  }

  /** How the servers are doing; that one is away is an answer. */
  async status(timeoutMs?: number): Promise<OllamaStatus> {
    return statusOfAll(
      await Promise.all(
        this.servers.all.map(async ({ address, client }) => ({
          address,
          ...(await readStatus(client, timeoutMs)),
        })),
      ),
    );
  }

  /** Each server with how it is doing and what it has on its disk. */
  describe(): Promise<OllamaServerInfo[]> {
    return Promise.all(this.servers.all.map(readServerInfo));
  }

  /** The models on the disks of the servers, each once, newest first. */
  async installedModels(choice = ALL_SERVERS): Promise<readonly FleetModel[]> {
    const answers = await answersOf(this.chosen(choice), ({ client }) => client.installedModels());
    const union = new Map<string, FleetModel>();
    for (const { server, value } of answers) {
      for (const model of value) {
        const full = fullModelName(model.name);
        const known = union.get(full) ?? { ...model, servers: [] };
        union.set(full, { ...known, servers: [...known.servers, server.address] });
      }
    }
    // A single list is in this order already.
    return answers.length > 1 ? [...union.values()].toSorted(newestFirst) : [...union.values()];
  }

  /** The installed model of that name, in whatever spelling; null when no server has it. */
  async findInstalled(model: string, choice = ALL_SERVERS): Promise<FleetModel | null> {
    const full = fullModelName(model);
    const installed = await this.installedModels(choice);
    return installed.find(({ name }) => fullModelName(name) === full) ?? null;
  }

  /** The models in the memory of all servers. */
  async loadedModels(): Promise<readonly FleetLoadedModel[]> {
    const answers = await answersOf(this.servers.all, ({ client }) => client.loadedModels());
    return answers.flatMap(({ server, value }) =>
      value.map((model) => ({ ...model, server: server.address })),
    );
  }

  /** What a model can do, from a server that has it. */
  show(model: string): Promise<ModelDetails> {
    return firstAnswer(this.servers.all.map(({ client }) => client.show(model)));
  }

  /** Pulls a model to one server; ends well only when all of it is there. See `streamPull`. */
  async pull(model: string, address: string, options: PullOptions): Promise<void> {
    await this.at(address).client.pull(model, options);
  }

  /** Takes a model off the disk of one server; a copy in memory works on until its time is over. */
  async delete(model: string, address: string): Promise<void> {
    await this.at(address).client.delete(model);
  }

  /** Takes a model out of the memory of one server, once the calls that it works on are over. */
  async unload(model: string, address: string): Promise<void> {
    await this.at(address).client.unload(model);
  }

  private chosen(choice: string): readonly OllamaServer[] {
    return this.addressesOf(choice).map((address) => this.at(address));
  }

  /** @throws DomainError UNKNOWN_SERVER: it was stored when OLLAMA_URLS still named it */
  private at(address: string): OllamaServer {
    const server = this.servers.all.find((one) => one.address === address);
    if (!server) {
      throw new DomainError('UNKNOWN_SERVER', `${address} is not among OLLAMA_URLS any more.`);
    }
    return server;
  }
}

/** The answers of the servers that give one. @throws the error of the first one when none does */
async function answersOf<T>(
  servers: readonly OllamaServer[],
  ask: (server: OllamaServer) => Promise<T>,
): Promise<{ readonly server: OllamaServer; readonly value: T }[]> {
  const outcomes = await Promise.allSettled(servers.map(ask));
  const answers = servers.flatMap((server, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'fulfilled' ? [{ server, value: outcome.value }] : [];
  });
  const [first] = outcomes;
  if (answers.length === 0 && first?.status === 'rejected') {
    throw first.reason;
  }
  return answers;
}

/** The answer that comes first: a server that hangs delays nothing. That a model is nowhere says more than that a server is away. */
async function firstAnswer<T>(answers: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(answers);
  } catch (error) {
    const { errors } = error as AggregateError;
    throw errors.find(isNotFound) ?? errors[0];
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ModelCallError && error.code === 'MODEL_NOT_FOUND';
}

function newestFirst(a: InstalledModel, b: InstalledModel): number {
  return timeOf(b) - timeOf(a);
}

/** 0 for what has no time that can be read. */
function timeOf({ modified_at: time }: InstalledModel): number {
  return Date.parse(time ?? '') || 0;
}
