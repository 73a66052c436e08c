import { Inject, Injectable } from '@nestjs/common';
import { networksOf, parseAddress } from '../common/access/ip-network';
import { localAddressCheck, THIS_MACHINE } from '../common/access/this-machine';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { unlessAborted } from './abort-reason';
import { AddressResolver } from './address-resolver';
import { addressRefusal, type Endpoint, type EndpointRules, mayTest, readEndpoint } from './endpoint-address';
import { AnswerTooLongError, limitedGet } from './limited-get';
import { socketReason } from './model-call-error';
import { readTestedModels, readTestedVersion } from './tested-answers';
import { type TestedModels, type TestedVersion } from './ollama.dto';

/** Milliseconds for everything: looking the name up, connecting, and the whole answer. */
const TEST_MS = 3_000;

const MAX_VERSION_BYTES = 64 * 1024;

/** Ollama lists a model in 400 to 700 bytes: room for about 2,000 of them. */
const MAX_LIST_BYTES = 1024 * 1024;

/**
 * Asks other Ollama servers what they are, for the settings page, without becoming a way into networks that the client
 * itself cannot reach: only allowed addresses are connected to, two fixed paths are asked for, and nothing of an answer
 * is passed on but what was recognised in it.
 */
@Injectable()
export class EndpointTester {
  private readonly rules: EndpointRules;

  constructor(
    private readonly resolver: AddressResolver,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {
    this.rules = {
      networks: networksOf(settings.ollamaTestNetworks),
      isThisMachine: localAddressCheck(THIS_MACHINE),
    };
  }

  /** @throws DomainError ENDPOINT_NOT_ALLOWED or UPSTREAM_FAILED */
  async models(endpoint: string): Promise<TestedModels> {
    return this.ask(endpoint, '/api/tags', MAX_LIST_BYTES, readTestedModels);
  }

  /** @throws DomainError ENDPOINT_NOT_ALLOWED or UPSTREAM_FAILED */
  async version(endpoint: string): Promise<TestedVersion> {
    return this.ask(endpoint, '/api/version', MAX_VERSION_BYTES, readTestedVersion);
  }

  private async ask<T>(
    text: string,
    path: string,
    maxBytes: number,
    read: (answer: unknown) => T | undefined,
  ): Promise<T> {
    const endpoint = readEndpoint(text, this.settings.ollamaUrls);
    const signal = AbortSignal.timeout(TEST_MS);
    const failed = (reason: string) => new DomainError('UPSTREAM_FAILED', `${endpoint.address} ${reason}.`);
    try {
      const { status, text: body } = await limitedGet(endpoint.address + path, {
        // The key is for our own servers only.
        headers: endpoint.isOwn ? { authorization: `Bearer ${this.settings.ollamaApiKey}` } : {},
        addresses: endpoint.isOwn ? undefined : await this.allowedAddresses(endpoint, signal),
        maxBytes,
        signal,
      });
      if (status !== 200) {
        const isRedirect = status >= 300 && status < 400;
        throw failed(`answered with status ${status}${isRedirect ? '; redirects are not followed' : ''}`);
      }
      const answer = read(parse(body));
      if (answer === undefined) {
        throw failed('does not answer as an Ollama server does');
      }
      return answer;
    } catch (error) {
      if (error instanceof DomainError) {
        throw error;
      }
      throw failed(
        signal.aborted ? `did not answer within ${TEST_MS} ms` : reasonOf(error as Error, maxBytes),
      );
    }
  }

  /** The addresses of an endpoint, every one of them checked: any of them may be connected to. */
  private async allowedAddresses({ host }: Endpoint, signal: AbortSignal): Promise<string[]> {
    const isLiteral = parseAddress(host) !== undefined;
    const addresses = isLiteral ? [host] : await unlessAborted(this.resolver.resolve(host), signal);
    const areAllowed = addresses.every((text) => {
      const address = parseAddress(text);
      return address !== undefined && mayTest(address, this.rules);
    });
    if (!areAllowed || addresses.length === 0) {
      throw addressRefusal(host);
    }
    return addresses;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function reasonOf(error: Error, maxBytes: number): string {
  return error instanceof AnswerTooLongError
    ? `answers with more than ${maxBytes} bytes`
    : `cannot be reached (${socketReason(error)})`;
}
