import { Random } from './random';
import { WantedToolCall } from './tool-calls';

export type ToolSlip = 'wrong_tool' | 'written_tool_call' | 'missing_tool_call';

interface AnswerWithTools {
  text: string;
  toolCalls: readonly WantedToolCall[];
}

/** Spoils the calls of tools in an answer: at most one slip, as each hides the others. */
export function slipInTools(
  { text, toolCalls }: AnswerWithTools,
  rolls: Record<ToolSlip, boolean>,
  random: Random,
): AnswerWithTools & { slip?: ToolSlip } {
  const [first, ...rest] = toolCalls;
  if (first === undefined) {
    return { text, toolCalls };
  }
  if (rolls.missing_tool_call) {
    return { text, toolCalls: [], slip: 'missing_tool_call' };
  }
  if (rolls.wrong_tool) {
    const wrong = { ...first, name: wrongName(first.name, random) };
    return { text, toolCalls: [wrong, ...rest], slip: 'wrong_tool' };
  }
  return rolls.written_tool_call
    ? { text: written(text, first, random), toolCalls: [], slip: 'written_tool_call' }
    : { text, toolCalls };
}

/** A name that no tool has: its last word alone, another verb, or one that is made up. */
function wrongName(name: string, random: Random): string {
  const words = name.split('_');
  return random.pick([
    words.at(-1) ?? name,
    ['call', ...words.slice(1)].join('_'),
    [...words.slice(0, -1), 'somebody'].join('_'),
    name.replaceAll('_', ''),
    'respond',
  ]);
}

/** The call as text in the content, as models write it that were trained on another format. */
function written(text: string, { name, arguments: given }: WantedToolCall, random: Random): string {
  const json = JSON.stringify({ name, [random.pick(['arguments', 'parameters'])]: given });
  const call = random.pick([
    json,
    `\`\`\`json\n${json}\n\`\`\``,
    `<tool_call>\n${json}\n</tool_call>`,
    `<tool_call>${json}</tool_call>`,
    `[${json}]`,
  ]);
  return random.chance(0.5) || text === '' ? call : `${text}\n\n${call}`;
}
