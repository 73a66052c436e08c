import { type Settings } from '../../config/settings.schema';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';
import { type Cast } from './cast';
import { type Reading } from './reading';
import { checkedId, checkedLength, stableId } from './record-checks';

/** Something that was said, as it is to be stored. */
export interface MessageRecord {
  readonly messageId: string;
  readonly agentId: string;
  /** Name of the agent. */
  readonly speaker: string;
  /** `model` of a message in a saved conversation; null in runs, where it is the speaker. */
  readonly model: string | null;
  readonly content: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What the reading of messages needs to know of their conversation. */
export interface MessageContext {
  readonly conversationId: string;
  readonly isRun: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly cast: Cast;
}

/**
 * The messages in their order, which is that of the list. One without a readable time takes that of the one before.
 * @throws Unusable
 */
export function readMessages(
  items: readonly SourceObject[],
  context: MessageContext,
  reading: Reading,
): MessageRecord[] {
  const { maxImportMessages } = reading.settings;
  if (items.length > maxImportMessages) {
    throw new Unusable('messages', `has more than ${maxImportMessages} entries (MAX_IMPORT_MESSAGES)`);
  }
  const { conversationId, isRun, cast } = context;
  let createdAt = context.createdAt;
  let withoutTime = 0;
  const messages = items.map((item, index) => {
    const time = reading.readTime(item.textOrNull('timestamp', 'created_at') ?? '');
    withoutTime += time === undefined ? 1 : 0;
    createdAt = time ?? createdAt;
    const name = item.wordsOrNull('model');
    const speaker = cast.speaker({ agentId: item.wordsOrNull('agent_id'), name }, index === 0);
    return {
      messageId: messageId(item) ?? stableId(conversationId, index),
      agentId: speaker.id,
      speaker: speaker.name,
      model: isRun ? null : name,
      content: content(item, isRun, reading.settings),
      createdAt,
    };
  });
  if (withoutTime > 0) {
    reading.note(
      `${withoutTime} of ${items.length} messages have no readable time: that of the one before counts`,
    );
  }
  return messages;
}

function messageId(item: SourceObject): string | null {
  const id = item.wordsOrNull('id');
  return id === null ? null : checkedId(id, item.place('id'));
}

/** Saved conversations could lose the text of a message by an edit; in a run it means that the file is broken. */
function content(item: SourceObject, isRun: boolean, settings: Settings): string {
  const text = isRun ? item.text('content') : (item.textOrNull('content', 'message') ?? '');
  return checkedLength(text, item.place('content'), settings, 'maxMessageCharacters');
}
