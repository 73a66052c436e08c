import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

/** The port through which the names of endpoints are looked up. */
export abstract class AddressResolver {
  /** All addresses of a name, as texts. @throws the error of the system when it has none */
  abstract resolve(name: string): Promise<string[]>;
}

/** Asks the operating system, whose hosts file counts too. */
@Injectable()
export class SystemAddressResolver extends AddressResolver {
  async resolve(name: string): Promise<string[]> {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  }
}
