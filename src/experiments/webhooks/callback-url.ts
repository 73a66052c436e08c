import { isOriginOf, parseHost } from '../../common/access/origin';
import { DomainError } from '../../common/errors/domain-error';
import { hasAtMost } from '../../common/validation/rules';
import { type Settings } from '../../config/settings.schema';

export const MAX_CALLBACK_URL_CHARACTERS = 2_000;

type WebhookSettings = Pick<Settings, 'webhookHosts' | 'webhookSecret'>;

/** Whether a value is an address that can be told: of the web, of moderate length, without user and password. */
export function isCallbackUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !hasAtMost(value, MAX_CALLBACK_URL_CHARACTERS)) {
    return false;
  }
  // The parser would drop white space and control characters without a word.
  if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(value) || !URL.canParse(value)) {
    return false;
  }
  const { username, password } = new URL(value);
  return username + password === '';
}

/** Why the settings do not let an address be told; null when they do. The text names the setting. */
export function callbackRefusal(
  url: string,
  { webhookHosts, webhookSecret }: WebhookSettings,
): string | null {
  const { origin, host } = new URL(url);
  const isListed = webhookHosts.some((entry) => {
    const allowed = parseHost(entry);
    return allowed !== undefined && isOriginOf(origin, allowed);
  });
  if (!isListed) {
    return `The host "${host}" of callback_url is not in WEBHOOK_HOSTS.`;
  }
  return webhookSecret === '' ? 'Webhooks cannot be signed because WEBHOOK_SECRET is empty.' : null;
}

/** @throws DomainError CALLBACK_NOT_ALLOWED */
export function checkCallbackUrl(url: string | null | undefined, settings: WebhookSettings): void {
  const refusal = url === null || url === undefined ? null : callbackRefusal(url, settings);
  if (refusal !== null) {
    throw new DomainError('CALLBACK_NOT_ALLOWED', refusal);
  }
}
