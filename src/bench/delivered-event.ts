import { type StoredEvent } from '../live/event-types';

/** What the answers of models look like, in length. */
const TEXT = 'The old harbour lies below two steep hills, quietly. '.repeat(12).slice(0, 580);

/** The text of a message that says when it was sent, in microseconds of the shared clock. */
export function timedText(sentUs: number): string {
  return `@${sentUs}@ ${TEXT}`;
}

export const CONVERSATION_ID = '5f0c54b7-22ae-4df5-9a53-cfac8e2b0a4b';
export const TURN_ID = '0f61ad4c-7d5e-4a52-8a1e-6a3c5f0d8f10';
export const MESSAGE_ID = '7b1f9f0e-6f1d-4b7c-9d43-3a4a0b9d2c55';

/** An event as the server sends it, for servers that have no database. */
export function messageEvent(experimentId: string, seq: number, sentUs: number): StoredEvent {
  const at = new Date().toISOString();
  return {
    seq,
    type: 'message',
    experiment_id: experimentId,
    conversation_id: CONVERSATION_ID,
    turn_id: TURN_ID,
    created_at: at,
    iteration: 1,
    message_seq: seq,
    message: { id: MESSAGE_ID, agentId: 'guide', content: timedText(sentUs), timestamp: at, model: 'Guide' },
  };
}
