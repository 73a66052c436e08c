import { SETTINGS } from './settings.schema';

/** Widest line of a comment. */
const WIDTH = 110;

const HEAD = [
  '# Settings of the LLaMa-Herd backend with their defaults. Copy this file to .env and change what you need.',
  '# The environment counts before this file. Written from src/config/settings.schema.ts: npm run openapi.',
];

/** The text of `.env.example`: every setting with its meaning and its default, section by section. */
export function envExample(): string {
  const sections = new Map<string, string[]>();
  for (const { section, env, meaning, default: value } of Object.values(SETTINGS)) {
    const lines = sections.get(section) ?? [`# --- ${section} ---`];
    sections.set(section, [...lines, '', ...comment(meaning), `${env}=${quote(value)}`]);
  }
  return [HEAD, ...sections.values()].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function comment(text: string): string[] {
  const lines = ['#'];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (`${lines[last]} ${word}`.length > WIDTH) {
      lines.push(`# ${word}`);
    } else {
      lines[last] += ` ${word}`;
    }
  }
  return lines;
}

/** A value with blanks or a `#` would be cut there. */
function quote(value: string): string {
  return /[\s#'"]/.test(value) ? `"${value}"` : value;
}
