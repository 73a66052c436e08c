import { type ChatMessage } from '../../../ollama/chat-message';
import { clipMiddle, type Heard, historyText, type Role, rolesText } from './question-text';

/** What a manager is told: plain words and short lists, so that small models follow them. */

/** Most characters of the plan that a ledger question repeats. */
const PLAN_CHARACTERS = 2_000;

/** Also keeps Ollama from putting the model's own SYSTEM text first. */
const LEDGER_SYSTEM_PROMPT =
  'You lead a team. You judge where its work stands and say who does what next. You answer with JSON only.';

/** Begins a team: facts and a plan. */
export function planInstruction(team: readonly Role[]): string {
  return `You lead this team:
${rolesText(team)}

Write down, briefly:
1. the facts that the task gives,
2. what still has to be found out or worked out,
3. a short plan: who does what, in which order.
Do not do the work yourself.`;
}

/** After too many rounds without progress. What was said before is still heard by everybody. */
export function replanInstruction(team: readonly Role[]): string {
  return `The work of your team has stalled. The team:
${rolesText(team)}

Write down, briefly:
1. what went wrong,
2. what is known by now,
3. a new plan that avoids what went wrong: who does what, in which order.
Do not do the work yourself.`;
}

/** The last word of a manager that found the task done. */
export const FINAL_INSTRUCTION =
  'The task is done. Write the final answer to the task for the user, from what your team has found. Do not speak of the team or the plan.';

/** The last word of a manager that has planned anew as often as it may. */
export const GIVING_UP_INSTRUCTION =
  'Your team makes no progress, so its work ends here. Write the best answer to the task that can be given from what it has found, and say what is missing.';

export interface LedgerPromptInput {
  readonly team: readonly Role[];
  readonly task: string;
  /** The latest plan; blank = it said nothing. */
  readonly plan: string;
  /** What was said, without the plan. */
  readonly heard: readonly Heard[];
  /** How to answer. */
  readonly answer: string;
}

/** The question that a manager is asked before every move. */
export function ledgerMessages(
  { team, task, plan, heard, answer }: LedgerPromptInput,
  historyCharacters: number,
): ChatMessage[] {
  const question = `You lead this team:
${rolesText(team)}

Your plan:
${plan === '' ? '(none)' : clipMiddle(plan, Math.min(PLAN_CHARACTERS, historyCharacters))}

The task, and what was said so far:
${historyText(task, heard, historyCharacters)}

Judge where the work stands:
- satisfied: is the whole task done?
- in_loop: does the team repeat itself?
- progress: did the latest messages bring the task forward?
- next_speaker: who should speak next?
- instruction: what should that one do now? One or two sentences.`;
  return [
    { role: 'system', content: LEDGER_SYSTEM_PROMPT },
    { role: 'user', content: `${question}\n\n${answer}` },
  ];
}
