import { type ConversationAgent } from '../conversation.dto';
import { type ExportFormat } from '../dto/conversation-queries.dto';

/** A conversation that is exported, without its messages. */
export interface ExportHead {
  readonly id: string;
  readonly title: string;
  readonly agents: readonly ConversationAgent[];
  /** ISO 8601, UTC; or what a client had in its place. */
  readonly createdAt: string;
  readonly source: string | null;
}

export interface ExportMessage {
  /** Place in the conversation, from 1. */
  readonly seq: number;
  readonly id: string;
  readonly agentId: string;
  /** Name of the agent. */
  readonly speaker: string;
  readonly content: string;
  /** ISO 8601, UTC; or what a client had in its place. */
  readonly timestamp: string;
  readonly model: string | null;
}

/** How a format is written: the pieces make one file. */
export interface ExportText {
  readonly mediaType: string;
  readonly start: (head: ExportHead) => string;
  readonly message: (message: ExportMessage) => string;
  readonly end: (head: ExportHead) => string;
}

/** The formats of an export. None of them lets a message break the structure of the file. */
export const EXPORT_TEXTS: Readonly<Record<ExportFormat, ExportText>> = {
  json: {
    mediaType: 'application/json; charset=utf-8',
    start: ({ id, title, agents }) =>
      `{"id":${JSON.stringify(id)},"title":${JSON.stringify(title)},"agents":${JSON.stringify(agents.map(exportedAgent))},"messages":[`,
    message: ({ seq, id, agentId, content, timestamp, model }) =>
      `${seq === 1 ? '' : ','}\n${JSON.stringify({ id, agentId, content, timestamp, model })}`,
    end: ({ createdAt, source }) =>
      `\n],"createdAt":${JSON.stringify(createdAt)}${hasOwnSource(source) ? `,"source":${JSON.stringify(source)}` : ''}}\n`,
  },
  md: {
    mediaType: 'text/markdown; charset=utf-8',
    start: ({ id, title, agents, createdAt }) =>
      `# ${markdownText(title)}\n\n- Id: ${markdownText(id)}\n- Created: ${markdownText(createdAt)}\n` +
      agents.map(({ name, model }) => `- Agent: ${markdownText(name)} (${markdownText(model)})\n`).join(''),
    message: ({ seq, speaker, timestamp, content }) =>
      `\n## ${seq}. ${markdownText(speaker)}\n\n${markdownText(timestamp)}\n\n${quoted(content)}\n`,
    end: () => '',
  },
  txt: {
    mediaType: 'text/plain; charset=utf-8',
    start: ({ title, createdAt }) => `${oneLine(title)}\n${oneLine(createdAt)}\n`,
    message: ({ seq, speaker, timestamp, content }) =>
      `\n[${seq}] ${oneLine(speaker)}, ${oneLine(timestamp)}\n${indented(content)}\n`,
    end: () => '',
  },
};

/** `import` is what an import makes of a file that says nothing. */
function hasOwnSource(source: string | null): boolean {
  return source !== null && source !== 'import';
}

/** Always in this order, so that equal conversations give equal files. */
function exportedAgent({ id, name, color, model, originalName }: ConversationAgent): object {
  return { id, name, color, model, originalName };
}

/** A text without any meaning in Markdown, on one line, also where it begins the line. */
function markdownText(text: string): string {
  return oneLine(text)
    .trim()
    .replace(/[\\`*_{}[\]()<>#!|~&]/g, String.raw`\$&`)
    .replace(/^[-+=]/, String.raw`\$&`)
    .replace(/^(\d+)\./, String.raw`$1\.`);
}

/** What is quoted cannot end its quotation: each of its lines is marked, however they are ended. */
function quoted(text: string): string {
  return lines(text)
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}

function indented(text: string): string {
  return lines(text)
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}

function lines(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
}

function oneLine(text: string): string {
  return lines(text).join(' ');
}
