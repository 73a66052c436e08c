import { type ConversationAgent } from '../../conversations/conversation.dto';
import { DEFAULT_SOURCE } from '../../conversations/saved/saved-conversation';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';
import { Cast } from './cast';
import { type MessageRecord, readMessages } from './messages';
import { createdAtOf, type Reading, timeOrNull } from './reading';
import { checkedId, checkedLength } from './record-checks';

const MAX_LISTED_AGENTS = 10_000;
const DEFAULT_COLOR = '#6B7280';
const SYSTEM = 'System';
/** The old server could not save conversations with this source, and lists could not show them. */
const FORBIDDEN_SOURCE = 'experiment';
const MAX_SOURCE_CHARACTERS = 100;

/** A run or a saved conversation, as it is to be stored. */
export interface ConversationRecord {
  readonly id: string;
  /** Null, as `iteration`, for a saved conversation. */
  readonly experimentId: string | null;
  readonly iteration: number | null;
  readonly title: string;
  readonly agents: readonly ConversationAgent[];
  /** Null, as `importedAt`, for a run. */
  readonly source: string | null;
  readonly importedAt: string | null;
  /** The task of a run; empty for a saved conversation. */
  readonly prompt: string;
  /** Messages of agents. */
  readonly turnCount: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC; when the last message was said. */
  readonly finishedAt: string;
  readonly messages: readonly MessageRecord[];
}

/** What a run takes from its experiment where its own file says nothing. */
export interface RunContext {
  readonly experimentId: string;
  readonly iteration: number;
  readonly title: string;
  readonly agents: readonly ConversationAgent[];
  readonly prompt: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string | null;
}

/** @throws Unusable */
export function readRun(fields: SourceObject, run: RunContext, reading: Reading): ConversationRecord {
  const id = `${run.experimentId}_${run.iteration}`;
  const listed = readAgents(fields);
  const cast = new Cast(listed.length > 0 ? listed : run.agents, true);
  const items = fields.objectsOrNull('messages');
  if (items === null) {
    throw new Unusable('messages', 'is missing');
  }
  const createdAt =
    createdAtOf(fields, reading) ?? firstTime(items, reading) ?? run.createdAt ?? reading.modifiedAt;
  const messages = readMessages(items, { conversationId: id, isRun: true, createdAt, cast }, reading);
  const isPrompt = messages[0]?.speaker === SYSTEM;
  return {
    id,
    experimentId: run.experimentId,
    iteration: run.iteration,
    title: title(fields, reading) ?? run.title,
    agents: cast.agents,
    source: null,
    importedAt: null,
    prompt: isPrompt ? (messages[0]?.content ?? '') : run.prompt,
    turnCount: messages.length - (isPrompt ? 1 : 0),
    createdAt,
    finishedAt: lastTime(messages, createdAt),
    messages,
  };
}

/** @throws Unusable */
export function readSaved(fields: SourceObject, id: string, reading: Reading): ConversationRecord {
  const cast = new Cast(readAgents(fields), false);
  const items = fields.objectsOrNull('messages');
  if (items === null) {
    throw new Unusable('messages', 'is missing');
  }
  const importedAt = timeOrNull(fields, 'imported_at', reading);
  const createdAt =
    createdAtOf(fields, reading) ?? firstTime(items, reading) ?? importedAt ?? reading.modifiedAt;
  const messages = readMessages(items, { conversationId: id, isRun: false, createdAt, cast }, reading);
  return {
    id,
    experimentId: null,
    iteration: null,
    title: title(fields, reading) ?? id,
    agents: cast.agents,
    source: source(fields),
    importedAt: importedAt ?? createdAt,
    prompt: '',
    turnCount: 0,
    createdAt,
    finishedAt: lastTime(messages, createdAt),
    messages,
  };
}

/** Title of a file of either kind; null when it has none. @throws Unusable when it is too long */
export function title(fields: SourceObject, { settings }: Pick<Reading, 'settings'>): string | null {
  const words = fields.wordsOrNull('title');
  return words === null ? null : checkedLength(words, 'title', settings, 'maxTitleCharacters');
}

function readAgents(fields: SourceObject): ConversationAgent[] {
  const items = fields.objectsOrNull('agents') ?? [];
  if (items.length > MAX_LISTED_AGENTS) {
    throw new Unusable('agents', `has more than ${MAX_LISTED_AGENTS} entries`);
  }
  return items.map((item) => {
    const name = item.wordsOrNull('name');
    const id = checkedId(item.wordsOrNull('id', 'name') ?? '', item.place('id'));
    return {
      id,
      name: name ?? id,
      color: item.wordsOrNull('color') ?? DEFAULT_COLOR,
      originalName: item.wordsOrNull('original_name'),
      model: item.textOrNull('model') ?? '',
    };
  });
}

function source(fields: SourceObject): string {
  const words = fields.wordsOrNull('source') ?? DEFAULT_SOURCE;
  if (words.length > MAX_SOURCE_CHARACTERS) {
    throw new Unusable('source', `has more than ${MAX_SOURCE_CHARACTERS} characters`);
  }
  return words === FORBIDDEN_SOURCE ? DEFAULT_SOURCE : words;
}

function firstTime(items: readonly SourceObject[], { readTime }: Reading): string | null {
  for (const item of items) {
    const time = readTime(item.textOrNull('timestamp', 'created_at') ?? '');
    if (time !== undefined) {
      return time;
    }
  }
  return null;
}

/** Never before it began, whatever the clocks of the old server said. */
function lastTime(messages: readonly MessageRecord[], createdAt: string): string {
  const last = messages.at(-1)?.createdAt ?? createdAt;
  return last > createdAt ? last : createdAt;
}
