import { knownChoice } from '../speaker-choice';
import { type TurnRecord } from '../turn-record';

/** A finished turn with valid defaults: a reply in a team without nesting. */
export function aTurn(turn: number, speaker: string, changes: Partial<TurnRecord> = {}): TurnRecord {
  const text = changes.text ?? 'something';
  return {
    turn,
    speaker,
    state: text === '' ? 'empty' : 'completed',
    kind: 'reply',
    text,
    thinking: '',
    place: [{ member: speaker, move: turn }],
    choice: knownChoice('round_robin', [speaker]),
    handoff: null,
    tools: [],
    parsed: null,
    promptTokens: 10,
    completionTokens: 5,
    activeMs: turn * 1000,
    ...changes,
  };
}

/** Turns in short form: `A`, or `A: what it said`; nothing after the colon is an empty turn. */
export function turns(...parts: string[]): TurnRecord[] {
  return parts.map((part, index) => {
    const [speaker = '', text = 'something'] = part.split(': ');
    return aTurn(index + 1, speaker, { text });
  });
}
