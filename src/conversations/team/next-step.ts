import { type EndReason, type EngineEnd, type StopMet } from './end-reason';
import { type Decision } from './engine';
import { agentNamesIn, membersOf } from './members';
import { type EngineDefinition, type TeamRules } from './definition/team-definition';
import { deriveSeed } from './seed';
import { stopMet } from './stop/stop-met';
import { turnsLeft, withinTurnsLeft } from './stop/turn-limits';
import { type OpenQuestion, type PlannedTurn, teamStep } from './team-step';
import { type TurnRecord } from './turn-record';

/** A run as turn-taking sees it: nothing in it changes while it runs. */
export interface TeamRun {
  readonly rules: TeamRules;
  readonly task: string;
  /** What others know of each agent, by its name. */
  readonly roles: ReadonlyMap<string, string>;
  readonly rootSeed: number;
  /** Names the run for its seeds: its number, in a rerun the number that it had first. */
  readonly seedKey: number;
}

/**
 * What comes after the turns so far: the end, a fault, questions to models whose answers are handed back as `decisions`, or a
 * step of turns that are taken side by side. The next step is asked for when all of them have ended.
 */
export type NextStep =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'fail'; readonly code: 'NO_OPEN_EDGE'; readonly message: string }
  | { readonly kind: 'ask'; readonly questions: readonly OpenQuestion[] }
  | { readonly kind: 'turns'; readonly turns: readonly PlannedTurn[] };

/**
 * A pure fold: the same rules, finished turns and answers give the same step in a live run, a resumed run and a replay.
 * Stop rules come first: those of the run, then those of the team, then the limit of the server.
 * @param nowMs active milliseconds of the run, which count beside those of the turns where a turn was broken off
 */
export function nextStep(
  run: TeamRun,
  records: readonly TurnRecord[],
  decisions: ReadonlyMap<string, Decision> = new Map(),
  nowMs = 0,
): NextStep {
  const { rules } = run;
  const met = rules.stop && stopMet(rules.stop, records, '/stop', { startMs: 0, nowMs });
  if (met) {
    return { kind: 'end', reason: shown(rules, met) };
  }
  const coming = records.length + 1;
  const step = teamStep({
    team: rules.team,
    task: run.task,
    roles: rolesOf(run),
    records,
    decisions,
    nowMs,
    seed: (purpose, turn = coming) => deriveSeed(run.rootSeed, run.seedKey, turn, purpose),
  });
  if (step.kind === 'fail') {
    return step;
  }
  if (step.kind === 'end') {
    return { kind: 'end', reason: endedBy(step.reason, records) };
  }
  if (records.length >= rules.maxTurns) {
    return { kind: 'end', reason: { type: 'max_turns', turn: records.length, detail: 'MAX_TURNS' } };
  }
  if (step.questions.length > 0) {
    return { kind: 'ask', questions: step.questions };
  }
  const left = rules.stop ? turnsLeft(rules.stop, records) : Infinity;
  const isSingle = rules.origin === 'single';
  return {
    kind: 'turns',
    turns: withinTurnsLeft(step.turns, left)
      .slice(0, rules.maxTurns - records.length)
      .map((planned) =>
        isSingle ? { ...planned, choice: { ...planned.choice, method: 'single' } } : planned,
      ),
  };
}

/** Pointer to the `stop` of a request that was added to rules of the old contract. */
const ADDED_STOP = '/stop/any/1';

/** Rules of the old contract are told as they always were, what a request adds to them as it stands there. */
function shown({ origin, isStopAdded }: TeamRules, { type, turn, rule, detail }: StopMet): EndReason {
  const said = detail === undefined ? {} : { detail };
  if (isStopAdded && rule.startsWith(ADDED_STOP)) {
    return { type, turn, rule: `/stop${rule.slice(ADDED_STOP.length)}`, ...said };
  }
  if (origin === 'single') {
    return { type: 'single_reply', turn };
  }
  if (origin === 'chat_rules') {
    return { type: type === 'text' ? 'termination' : type, turn, ...said };
  }
  return { type, turn, rule, ...said };
}

function endedBy(reason: EngineEnd | StopMet, records: readonly TurnRecord[]): EndReason {
  return { turn: records.length, ...reason };
}

/** What is known of each agent, and of each nested team. */
function rolesOf({ rules, roles }: TeamRun): ReadonlyMap<string, string> {
  const all = new Map(roles);
  const add = (team: EngineDefinition) => {
    for (const { id, runs } of membersOf(team)) {
      if (runs.type === 'agent') {
        all.set(id, roles.get(runs.name) ?? '');
      } else {
        all.set(id, `A team of ${agentNamesIn(runs).join(', ')}.`);
        add(runs);
      }
    }
  };
  add(rules.team);
  return all;
}
