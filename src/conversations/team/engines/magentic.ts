import { type TurnTask } from '../../../agents/turn-task';
import { type MagenticTeam } from '../definition/team-definition';
import { type EngineEnd } from '../end-reason';
import {
  type Decision,
  type Engine,
  type EngineContext,
  type EngineStep,
  type Move,
  type Question,
} from '../engine';
import { participantIds } from '../members';
import { knownChoice, type SpeakerChoice } from '../speaker-choice';
import {
  DEFAULT_VERDICT,
  LEDGER_ATTEMPTS,
  type LedgerAnswer,
  ledgerForm,
  ledgerSchema,
  type LedgerTeam,
  readLedger,
} from './magentic-ledger';
import {
  FINAL_INSTRUCTION,
  GIVING_UP_INSTRUCTION,
  ledgerMessages,
  planInstruction,
  replanInstruction,
} from './magentic-prompts';
import { type PlanProgress, planProgress, stallCount } from './magentic-stall';
import { type Role } from './question-text';
import { nextInOrder } from './turn-order';

/** Truth values, a name and an instruction of some sentences; some models cannot be kept from thinking before them. */
const LEDGER_TOKENS = 1_000;

/**
 * A manager plans and keeps a ledger (decision 18): asked before every move whether the task is done, whether the team gets on,
 * and who does what next. It plans anew when the team stalls, gives up after `max_replans` new plans, and has the last word.
 * All that is counted is read from the moves of this visit. Everybody goes on hearing what was said before a new plan.
 */
export const magentic: Engine<MagenticTeam> = {
  next(team, moves, context) {
    const latest = moves.at(-1)?.last;
    if (!latest) {
      return managerMove(team, knownChoice('manager', [team.manager]), {
        kind: 'plan',
        instruction: planInstruction(rolesOf(team, context)),
      });
    }
    if (latest.kind === 'final') {
      return { kind: 'end', reason: endAfter(latest.choice) };
    }
    const progress = planProgress(moves);
    return context.decision === null
      ? { kind: 'ask', question: ledgerQuestion(team, moves, progress, context) }
      : afterLedger(team, progress, context.decision as Decision<LedgerAnswer>, context);
  },
};

function afterLedger(
  team: MagenticTeam,
  progress: PlanProgress,
  { value, choice }: Decision<LedgerAnswer>,
  context: EngineContext,
): EngineStep {
  const { speaker, verdict } = value;
  const judged: SpeakerChoice = { ...choice, ledger: verdict };
  if (verdict.satisfied) {
    return lastWord(team, judged, FINAL_INSTRUCTION);
  }
  if (stallCount(progress, verdict) < team.max_stalls) {
    const task: TurnTask = { kind: 'reply', instruction: verdict.instruction };
    return { kind: 'moves', moves: [{ member: speaker, choice: judged, task }] };
  }
  const newPlans = progress.plans - 1;
  return newPlans < team.max_replans
    ? managerMove(team, judged, { kind: 'plan', instruction: replanInstruction(rolesOf(team, context)) })
    : lastWord(team, judged, GIVING_UP_INSTRUCTION);
}

function lastWord(team: MagenticTeam, choice: SpeakerChoice, instruction: string): EngineStep {
  return team.final_answer
    ? managerMove(team, choice, { kind: 'final', instruction })
    : { kind: 'end', reason: endAfter(choice) };
}

/** The verdict that led to the last word says why the team ends. */
function endAfter({ ledger }: SpeakerChoice): EngineEnd {
  return { type: ledger?.satisfied === true ? 'satisfied' : 'gave_up' };
}

/** A turn of the manager itself. Its choice keeps the calls of the ledger that led to it. */
function managerMove({ manager }: MagenticTeam, choice: SpeakerChoice, task: TurnTask): EngineStep {
  const own: SpeakerChoice = { ...choice, method: 'manager', candidates: [manager] };
  return { kind: 'moves', moves: [{ member: manager, choice: own, task }] };
}

function ledgerQuestion(
  team: MagenticTeam,
  moves: readonly Move[],
  { plan }: PlanProgress,
  context: EngineContext,
): Question<LedgerAnswer> {
  const participants = participantIds(team);
  const about: LedgerTeam = {
    manager: team.manager,
    participants,
    hasWorked: moves.some(({ last }) => last.kind === 'reply'),
  };
  return {
    purpose: 'ledger',
    method: 'ledger',
    candidates: participants,
    asker: team.manager,
    model: null,
    messages: (historyCharacters) =>
      ledgerMessages(
        {
          team: rolesOf(team, context),
          task: context.task,
          plan: plan?.text ?? '',
          heard: context.heard.filter(({ turn }) => turn !== plan?.last.turn),
          answer: ledgerForm(participants),
        },
        historyCharacters,
      ),
    schema: ledgerSchema(participants),
    maxAttempts: LEDGER_ATTEMPTS,
    maxTokens: LEDGER_TOKENS,
    read: (raw) => readLedger(raw, about),
    feedback: (problem) => `${problem} ${ledgerForm(participants)}`,
    // A manager that cannot say where the work stands is no progress: else its team might never end by itself.
    fallback: () => ({
      speaker: nextInOrder(participants, moves) ?? team.manager,
      verdict: { ...DEFAULT_VERDICT, progress: false },
    }),
  };
}

function rolesOf(team: MagenticTeam, context: EngineContext): Role[] {
  return participantIds(team).map((name) => ({ name, role: context.roles.get(name) ?? '' }));
}
