import { ValidationFailedError } from '../common/errors/domain-error';
import { type Loc, wrongValue } from '../common/validation/field-problems';
import { readOllamaAddress } from '../config/setting-kinds';

/** What stands for all servers where a client may name one; left out means the same. */
export const ALL_SERVERS = 'all';

/**
 * Reads which server a client means: ALL_SERVERS, or an address in any of the spellings that OLLAMA_URLS takes.
 * @param loc where it stood in the request
 * @throws ValidationFailedError UNKNOWN_SERVER
 */
export function checkedServer(
  text: string | null | undefined,
  addresses: readonly string[],
  loc: Loc,
): string {
  if (text === null || text === undefined || text === ALL_SERVERS) {
    return ALL_SERVERS;
  }
  const address = readOllamaAddress(text);
  if (address === null || !addresses.includes(address)) {
    const allowed = `must be '${ALL_SERVERS}' or an address of OLLAMA_URLS: ${addresses.join(', ')}`;
    throw new ValidationFailedError([wrongValue(loc, allowed, text)], 'UNKNOWN_SERVER');
  }
  return address;
}
