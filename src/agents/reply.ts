import { type ModelAnswer } from '../ollama/model-caller';
import { findJsonObject } from './prompt/json-answer';
import { type AnswerForm } from './prompt/prompt-builder';
import { type ResponseFormat } from './prompt/response-format';
import { withoutThinking } from './prompt/think-tags';
import { BRIEF, type TurnCalls, type TurnQuestion } from './turn-calls';

/** A way in which an agent says what it has to say. */
export interface Reply {
  /** What its prompt says of the form. */
  readonly form?: AnswerForm;
  /** Whether the model is bound to a schema, so that it cannot call tools. */
  readonly isConstrained: boolean;
  readonly give: (calls: TurnCalls, more: Pick<TurnQuestion, 'tools' | 'tail'>) => Promise<ModelAnswer>;
}

/** In the agent's own words. */
export function plainReply(): Reply {
  return {
    isConstrained: false,
    give: (calls, more) => calls.speak({ purpose: 'reply', ...more }),
  };
}

/** By a schema. An answer that does not fit is sent back once with what is wrong; one that still does not fit stays as it is. */
export function structuredReply(format: ResponseFormat): Reply {
  const form: AnswerForm = {
    system: `All your answers are JSON objects that are valid for this JSON schema:\n${JSON.stringify(format.schema)}`,
    last: 'Answer with JSON only.',
  };
  return { form, isConstrained: true, give: (calls) => giveByFormat(calls, format, form) };
}

/** Text and value of an answer that fits, or what is wrong with it. */
type Read = { readonly text: string; readonly value: unknown } | { readonly problem: string };

async function giveByFormat(
  calls: TurnCalls,
  format: ResponseFormat,
  form: AnswerForm,
): Promise<ModelAnswer> {
  const { progress } = calls;
  const question = { form, format: format.schema };
  const answer = await calls.speak({ ...question, purpose: 'reply' });
  const first = readByFormat(progress.text, format);
  if (!('problem' in first)) {
    keep(calls, first);
    return answer;
  }
  const repaired = await repair(calls, question, first.problem, format);
  if ('problem' in repaired) {
    progress.formatError = repaired.problem;
  } else {
    keep(calls, repaired);
  }
  return answer;
}

async function repair(
  calls: TurnCalls,
  question: Pick<TurnQuestion, 'form' | 'format'>,
  problem: string,
  format: ResponseFormat,
): Promise<Read> {
  const wrong = calls.progress.text === '' ? '{}' : calls.progress.text;
  const answer = await calls.askFurther({
    ...question,
    purpose: 'repair',
    options: BRIEF,
    tail: [
      { role: 'assistant', content: wrong },
      { role: 'user', content: `${problem} Answer again, with JSON only, valid for the schema.` },
    ],
  });
  return answer === null ? { problem } : readByFormat(withoutThinking(answer.text), format);
}

function readByFormat(answer: string, format: ResponseFormat): Read {
  const json = findJsonObject(answer);
  if ('problem' in json) {
    return json;
  }
  const problem = format.check(json.value);
  return problem === null ? json : { problem };
}

/** The message is the JSON as the model wrote it, without what stood around it. */
function keep({ progress }: TurnCalls, { text, value }: Exclude<Read, { problem: string }>): void {
  progress.text = text;
  progress.parsed = value;
}
