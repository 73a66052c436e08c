import { type StopRule } from '../definition/stop-rule';
import { type TeamDefinition } from '../definition/team-definition';
import { type Decision, type Question } from '../engine';
import { type NextStep, nextStep, type TeamRun } from '../next-step';
import { rulesFromTeam, type TeamDefaults } from '../rules';
import { knownChoice } from '../speaker-choice';
import { type PlannedTurn } from '../team-step';
import { type TurnRecord } from '../turn-record';
import { aTurn } from './turn-records';

/** What is said in a turn: a text, or parts of its record (`handoff`, `parsed`, `tools`, …). */
export type Line = string | Partial<TurnRecord>;

/** What the models do. */
export interface Script {
  /**
   * What each agent says in its turns, in their order; the last line is said ever after. Agents that are not named, and a
   * function that returns undefined, say `something`.
   */
  readonly say?:
    Readonly<Record<string, readonly Line[]>> | ((turn: number, planned: PlannedTurn) => Line | undefined);
  /** Raw answer to a question; the name of the first candidate when it is left out. */
  readonly answer?: (question: Question, attempt: number) => string;
  /** Turns that were taken before; all of them complete steps. */
  readonly after?: readonly TurnRecord[];
  /** Breaks off, as a crash would, as soon as so many turns have been taken. */
  readonly breakAfter?: number;
}

/** How a run went. */
export interface Played {
  readonly records: readonly TurnRecord[];
  /** Who spoke, step by step: `A`, or `A+B` side by side; of a skipped turn the team in brackets. */
  readonly order: readonly string[];
  /** The turns of each step as they were planned. */
  readonly steps: ReadonlyArray<readonly PlannedTurn[]>;
  /** What came last: the end, a fault, or the step that was due when it was broken off. */
  readonly last: NextStep;
}

const DEFAULTS: TeamDefaults = { maxRounds: 12, maxTurns: 200, fallback: 'round_robin' };

/** A run of a team with valid defaults, as a start request with `team` makes it. */
export function aRun(
  team: TeamDefinition,
  { stop = null, ...changes }: Partial<TeamRun> & { readonly stop?: StopRule | null } = {},
): TeamRun {
  return {
    rules: rulesFromTeam(team, stop, DEFAULTS),
    task: 'The task',
    roles: new Map(),
    rootSeed: 7,
    seedKey: 1,
    ...changes,
  };
}

/** Plays a run to its end, as the runner would, with models that follow a script. */
export function play(run: TeamRun, script: Script = {}): Played {
  const records = [...(script.after ?? [])];
  const steps: Array<readonly PlannedTurn[]> = [];
  let next = settled(run, records, script);
  while (next.kind === 'turns' && records.length < (script.breakAfter ?? Infinity)) {
    const before = records.length;
    if (next.turns.length === 0) {
      throw new Error('The team takes a step without turns.');
    }
    steps.push(next.turns);
    for (const [index, planned] of next.turns.entries()) {
      records.push(taken(planned, before + index + 1, records, script));
    }
    next = settled(run, records, script);
  }
  return { records, order: steps.map(inShort), steps, last: next };
}

/** The next step with all questions answered. */
function settled(run: TeamRun, records: readonly TurnRecord[], script: Script): NextStep {
  const decisions = new Map<string, Decision>();
  let next = nextStep(run, records, decisions);
  for (let asked = 0; next.kind === 'ask'; asked += 1) {
    if (asked > 100) {
      throw new Error('The team asks for ever.');
    }
    for (const { key, question } of next.questions) {
      decisions.set(key, decided(question, script));
    }
    next = nextStep(run, records, decisions);
  }
  return next;
}

function decided(question: Question, { answer }: Script): Decision {
  let raw: string | null = null;
  for (let attempt = 1; attempt <= question.maxAttempts; attempt += 1) {
    raw = answer?.(question, attempt) ?? question.candidates[0] ?? '';
    const read = question.read(raw);
    if ('value' in read) {
      const choice = { ...knownChoice(question.method, question.candidates), attempts: attempt, raw };
      return { value: read.value, choice };
    }
  }
  const value = question.fallback();
  if (value === null) {
    throw new Error('No answer was usable, and there is no fallback.');
  }
  const choice = knownChoice('fallback', question.candidates);
  return { value, choice: { ...choice, attempts: question.maxAttempts, raw } };
}

function taken(
  planned: PlannedTurn,
  turn: number,
  records: readonly TurnRecord[],
  { say }: Script,
): TurnRecord {
  const { place, choice, task, speaker } = planned;
  if (speaker === null) {
    const team = place.at(-1)?.member ?? '';
    return aTurn(turn, team, { place, choice, kind: 'skip', state: 'skipped', text: '' });
  }
  const line = typeof say === 'function' ? say(turn, planned) : nextLine(say?.[speaker], speaker, records);
  return aTurn(turn, speaker, {
    place,
    choice,
    kind: task.kind,
    ...(typeof line === 'string' ? { text: line } : line),
  });
}

function nextLine(
  lines: readonly Line[] | undefined,
  speaker: string,
  records: readonly TurnRecord[],
): Line | undefined {
  const said = records.filter((record) => record.speaker === speaker && record.kind !== 'skip').length;
  return lines?.[Math.min(said, lines.length - 1)];
}

function inShort(step: readonly PlannedTurn[]): string {
  return step.map(({ speaker, place }) => speaker ?? `(${place.at(-1)?.member})`).join('+');
}
