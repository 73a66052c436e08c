const MAX_NAME_CHARACTERS = 100;
const FALLBACK = 'conversation';

/** What no file system, shell or header should have to bear: control and format characters, separators, wild cards. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|%]/gu;

/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** The header that names a download after a title (RFC 6266): plain ASCII for old clients, UTF-8 (RFC 8187) for all others. */
export function attachmentHeader(title: string, extension: string): string {
  const name = `${safeName(title)}.${extension}`;
  const ascii = name.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*!]/g, percentEncoded);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function safeName(title: string): string {
  const cleaned = title.toWellFormed().replace(UNSAFE, ' ').replace(/\s+/g, ' ');
  const name = [...cleaned]
    .slice(0, MAX_NAME_CHARACTERS)
    .join('')
    // A leading dot hides a file, one at the end is lost on Windows.
    .replace(/^[. ]+|[. ]+$/g, '');
  return name === '' || DEVICE.test(name) ? `${FALLBACK}${name === '' ? '' : `-${name}`}` : name;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
