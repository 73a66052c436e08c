import { type ChatMessage, type ChatTool } from '../ollama/chat-message';
import { ModelCallError } from '../ollama/model-call-error';
import { type ModelAnswer } from '../ollama/model-caller';
import {
  handoffFeedback,
  handoffQuestion,
  handoffSchema,
  handoffText,
  handoffTools,
  readHandoff,
  targetOf,
  unknownToolAnswer,
  writtenCall,
} from './prompt/handoff';
import { withoutThinking } from './prompt/think-tags';
import { type Reply } from './reply';
import { BRIEF, type TurnCalls } from './turn-calls';
import { HANDOFF_ATTEMPTS, type TurnTask } from './turn-task';

type Handoffs = NonNullable<TurnTask['handoffs']>;

/** The answer is one name in a small JSON object; some models cannot be kept from thinking before it. */
const ANSWER_TOKENS = 500;

/** Lets an agent reply, and hand over to one of the targets if it wants to. A turn that only hands over says so. */
export async function replyAndHandOver(calls: TurnCalls, reply: Reply, handoffs: Handoffs): Promise<void> {
  const { progress } = calls;
  progress.handoff = byTool(calls, reply, handoffs)
    ? await handOverByTool(calls, reply, handoffs)
    : await handOverByQuestion(calls, reply, handoffs);
  if (progress.handoff !== null && progress.text === '') {
    calls.say(handoffText(progress.handoff));
  }
}

/**
 * A model that is bound to a schema cannot call tools, nor can one without that ability, whatever was asked for. What is not
 * known is tried only when tools were asked for.
 */
function byTool({ context }: TurnCalls, { isConstrained }: Reply, { by }: Handoffs): boolean {
  if (isConstrained || by === 'json') {
    return false;
  }
  return context.canUseTools ?? by === 'tool';
}

async function handOverByTool(calls: TurnCalls, reply: Reply, handoffs: Handoffs): Promise<string | null> {
  const { targets } = handoffs;
  const tools = handoffTools(targets, calls.input.agents);
  const answer = await giveUnlessMalformed(calls, reply, tools);
  if (answer === null) {
    return handOverByQuestion(calls, reply, handoffs);
  }
  const first = note(calls, answer, true);
  const target = targetOf(first.toolCalls, targets);
  if (target !== null || first.toolCalls.length === 0) {
    return target;
  }
  return answerUnknownTools(calls, reply, first, targets);
}

/** Ollama fails when a model garbles its call (ollama-wire §7). @returns null for a call that failed before anything was said */
async function giveUnlessMalformed(
  calls: TurnCalls,
  reply: Reply,
  tools: readonly ChatTool[],
): Promise<ModelAnswer | null> {
  try {
    return await reply.give(calls, { tools });
  } catch (error) {
    const mayBeGarbled = error instanceof ModelCallError && error.code === 'OLLAMA_ERROR';
    if (mayBeGarbled && calls.progress.text === '') {
      return null;
    }
    throw error;
  }
}

/** Tells the model once which tools it has. */
async function answerUnknownTools(
  calls: TurnCalls,
  reply: Reply,
  { text, toolCalls }: ModelAnswer,
  targets: readonly string[],
): Promise<string | null> {
  const tail: ChatMessage[] = [
    { role: 'assistant', content: withoutThinking(text), toolCalls },
    ...toolCalls.map((call): ChatMessage => ({
      role: 'tool',
      content: unknownToolAnswer(call.name, targets),
      answers: call,
    })),
  ];
  const tools = handoffTools(targets, calls.input.agents);
  // What was said already is not said again.
  const isSilent = calls.progress.text === '';
  const again = isSilent
    ? await reply.give(calls, { tools, tail })
    : await calls.askFurther({ purpose: 'handoff', tools, tail });
  const called = again === null ? toolCalls : note(calls, again, isSilent).toolCalls;
  const target = targetOf(called, targets);
  if (target === null && called.length > 0) {
    noteProblem(
      calls,
      `It called a tool that it does not have: ${called.map(({ name }) => name).join(', ')}.`,
    );
  }
  return target;
}

/** Why it is not known to whom the agent hands over. What is wrong with its answer itself counts more. */
function noteProblem({ progress }: TurnCalls, problem: string): void {
  progress.formatError ??= problem;
}

/** Notes the names of the tools that were called. A call that was only written down counts, and is nothing that was said. */
function note({ progress }: TurnCalls, answer: ModelAnswer, isSaid: boolean): ModelAnswer {
  const text = isSaid ? progress.text : withoutThinking(answer.text);
  const written = answer.toolCalls.length === 0 ? writtenCall(text) : null;
  if (written !== null && isSaid) {
    progress.text = written.said;
  }
  const toolCalls = written === null ? answer.toolCalls : [{ id: null, name: written.name, arguments: {} }];
  progress.tools.push(...toolCalls.map(({ name }) => name));
  return { ...answer, text: written?.said ?? answer.text, toolCalls };
}

async function handOverByQuestion(
  calls: TurnCalls,
  reply: Reply,
  { targets }: Handoffs,
): Promise<string | null> {
  await reply.give(calls, {});
  const said = calls.progress.text;
  const tail: ChatMessage[] = [
    { role: 'assistant', content: said === '' ? '…' : said },
    { role: 'user', content: handoffQuestion(targets, calls.input.agents) },
  ];
  let problem = '';
  let unknown = 0;
  for (let attempt = 1; attempt <= HANDOFF_ATTEMPTS; attempt += 1) {
    const answer = await calls.askFurther({
      ...(reply.form ? { form: reply.form } : {}),
      purpose: 'handoff',
      format: handoffSchema(targets),
      options: { ...BRIEF, num_predict: ANSWER_TOKENS },
      tail,
    });
    if (answer === null) {
      return null;
    }
    const text = withoutThinking(answer.text);
    const read = readHandoff(text, targets);
    if ('target' in read) {
      return read.target;
    }
    problem = read.problem;
    unknown += read.isUnknown ? 1 : 0;
    if (unknown > 1) {
      break;
    }
    tail.push(
      { role: 'assistant', content: text === '' ? '{}' : text },
      { role: 'user', content: handoffFeedback(problem, targets) },
    );
  }
  noteProblem(calls, `To whom it hands over could not be read. ${problem}`);
  return null;
}
