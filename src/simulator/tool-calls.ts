import { OfferedTool } from './chat-request';
import { PromptMessage } from './matching';
import { Random } from './random';
import { answerForSchema } from './schema-answer';
import { isObject } from './input';

/** A call of a tool that the model makes. */
export interface WantedToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** How often a model that has tools calls one. */
const CALL_CHANCE = 1 / 3;

/** The calls of a generated answer: one of the tools, with arguments that are valid for its schema, or none. */
export function generateToolCalls(
  tools: readonly OfferedTool[],
  messages: readonly PromptMessage[],
  random: Random,
): WantedToolCall[] {
  if (tools.length === 0 || !random.chance(CALL_CHANCE)) {
    return [];
  }
  const { name, parameters } = random.pick(tools);
  const given = answerForSchema({ type: 'object', ...parameters }, messages, random);
  return [{ name, arguments: isObject(given) ? given : {} }];
}
