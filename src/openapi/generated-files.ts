import { type INestApplication } from '@nestjs/common';
import { ERROR_CODES, type ErrorCodeInfo } from '../common/errors/error-codes';
import { envExample } from '../config/env-example';
import { SETTINGS, type Settings } from '../config/settings.schema';
import { apiDocument } from '../docs/api-docs';

/** Files that are derived from the code, by path. They are committed, and a test fails when one is stale. */
export function generatedFiles(app: INestApplication, settings: Settings): Record<string, string> {
  return {
    'docs/openapi.json': `${JSON.stringify(apiDocument(app, settings), null, 2)}\n`,
    'docs/errors.md': errorTable(),
    'docs/settings.md': settingTable(),
    '.env.example': envExample(),
  };
}

const GENERATED = '<!-- Written by `npm run openapi`; change the source instead. -->\n';

function errorTable(): string {
  const rows = Object.entries<ErrorCodeInfo>(ERROR_CODES).map(
    ([code, { status, envelope, meaning }]) => `| \`${code}\` | ${status} | \`${envelope}\` | ${meaning} |`,
  );
  return `${GENERATED}# Error codes

Every error answer and every failed turn carries one of these codes. They are stable; texts may change.
The status counts where the code answers a request. Codes of turns, runs and experiments stand on those.

| Code | Status | \`error\` in the envelope | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function settingTable(): string {
  const sections = new Map<string, string[]>();
  for (const { env, default: value, meaning, section } of Object.values(SETTINGS)) {
    const rows = sections.get(section) ?? [];
    sections.set(section, rows);
    rows.push(`| \`${env}\` | ${value === '' ? '' : `\`${value}\``} | ${meaning} |`);
  }
  const tables = [...sections].map(
    ([section, rows]) =>
      `## ${section}\n\n| Variable | Default | Meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`,
  );
  return `${GENERATED}# Settings

From the environment or a file \`.env\` in the working folder; the environment wins. Names are case-insensitive, unknown
ones are ignored, an empty value counts as not set. All wrong ones are reported together at start.

${tables.join('\n')}`;
}
