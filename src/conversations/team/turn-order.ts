import { type TurnRecord } from './turn-record';

/** Who took the last turn, an empty one included; null = nobody has spoken yet. */
export function previousSpeaker(records: readonly TurnRecord[]): string | null {
  return records.at(-1)?.speaker ?? null;
}

/**
 * Who comes next in the order of the team among `allowed`. The place in the order is that of the last speaker who is
 * in the team, so turns by others do not move it. Null only if nobody is allowed.
 */
export function nextInOrder(
  agentNames: readonly string[],
  records: readonly TurnRecord[],
  allowed: readonly string[] = agentNames,
): string | null {
  const last = records.findLast(({ speaker }) => agentNames.includes(speaker));
  const start = last === undefined ? 0 : agentNames.indexOf(last.speaker) + 1;
  const order = [...agentNames.slice(start), ...agentNames.slice(0, start)];
  return order.find((name) => allowed.includes(name)) ?? null;
}
