import { type ChatMessage } from '../ollama/chat-message';
import { withoutThinking } from './prompt/think-tags';
import {
  ABSTAINED,
  type BallotAnswer,
  ballotFeedback,
  ballotInstruction,
  ballotSchema,
  ballotText,
  readBallot,
} from './prompt/ballot';
import { BRIEF, type TurnCalls } from './turn-calls';
import { BALLOT_ATTEMPTS, type BallotTask } from './turn-task';

/** Lets an agent vote. What cannot be read is asked again; if it never can be, the agent abstains. */
export async function castBallot(calls: TurnCalls, task: BallotTask): Promise<void> {
  const question = { form: { last: ballotInstruction(task) }, format: ballotSchema(task) };
  const answer = await calls.ask({ ...question, purpose: 'reply' });
  const first = readBallot(answer, task);
  const read = 'problem' in first ? await askAgain(calls, question, answer, first.problem, task) : first;
  const { progress } = calls;
  const ballot = 'problem' in read ? ABSTAINED : read.ballot;
  progress.parsed = ballot;
  progress.formatError = 'problem' in read ? read.problem : null;
  calls.say(ballotText(ballot));
}

async function askAgain(
  calls: TurnCalls,
  question: { readonly form: { readonly last: string }; readonly format: Record<string, unknown> },
  answer: string,
  problem: string,
  task: BallotTask,
): Promise<BallotAnswer> {
  const tail: ChatMessage[] = [];
  let last = { answer, problem };
  for (let attempt = 2; attempt <= BALLOT_ATTEMPTS; attempt += 1) {
    tail.push(
      { role: 'assistant', content: last.answer === '' ? '{}' : last.answer },
      { role: 'user', content: ballotFeedback(last.problem, task) },
    );
    const again = await calls.askFurther({ ...question, purpose: 'repair', options: BRIEF, tail });
    if (again === null) {
      break;
    }
    const text = withoutThinking(again.text);
    const read = readBallot(text, task);
    if ('ballot' in read) {
      return read;
    }
    last = { answer: text, problem: read.problem };
  }
  return { problem: last.problem };
}
