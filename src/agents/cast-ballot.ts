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
import { type BallotTask } from './turn-task';

/** Lets an agent vote. What cannot be read is asked once more; if that cannot be read either, it abstains. */
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
  const again = await calls.askFurther({
    ...question,
    purpose: 'repair',
    options: BRIEF,
    tail: [
      { role: 'assistant', content: answer === '' ? '{}' : answer },
      { role: 'user', content: ballotFeedback(problem, task) },
    ],
  });
  return again === null ? { problem } : readBallot(withoutThinking(again.text), task);
}
