import * as fc from 'fast-check';
import { type StopRule } from './definition/stop-rule';
import { type EngineDefinition } from './definition/team-definition';
import { type EndReason } from './end-reason';
import { type Member, membersOf } from './members';
import { type TeamRun } from './next-step';
import { type SpeakerChoice } from './speaker-choice';
import { type PlannedTurn } from './team-step';
import { arbitraryStop } from './testing/arbitrary-stop';
import { arbitraryTeam } from './testing/arbitrary-team';
import { earliestTurn } from './testing/naive-stop';
import { aRun, type Played, play } from './testing/play';
import { randomScript } from './testing/random-script';
import { type Place, type TurnRecord } from './turn-record';

const SEED = 20_261_125;
const MAX_TURNS = 30;

/** A run of a random team, nested to a depth of three, with models that say anything. */
const arbitraryRun = fc
  .record({
    team: fc.oneof(arbitraryTeam(0), arbitraryTeam(1), arbitraryTeam(2)),
    stop: fc.option(arbitraryStop),
    seed: fc.nat(),
  })
  .map(({ team, stop, seed }) => {
    const run = aRun(team, { stop, rootSeed: seed });
    return { run: { ...run, rules: { ...run.rules, maxTurns: MAX_TURNS } }, script: randomScript(seed) };
  });

/** As rules and turns come back from the database. */
function restored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** How the teams around a place are nested: each with the member in it that the place leads through. */
function membersAt(
  team: EngineDefinition,
  place: Place,
): Array<{ readonly team: EngineDefinition; readonly member: Member | undefined }> {
  const [step, ...rest] = place;
  const member = membersOf(team).find(({ id }) => id === step?.member);
  const inner = member && member.runs.type !== 'agent' && rest.length > 0 ? membersAt(member.runs, rest) : [];
  return [{ team, member }, ...inner];
}

/** Choices from that of the agent outwards, as far as they were made for this turn. */
function choicesOf({ choice }: PlannedTurn): SpeakerChoice[] {
  return [choice, ...(choice.via ?? []).toReversed()];
}

/** The rule of the request that a pointer leads to. */
function ruleAt({ rules }: TeamRun, pointer: string): StopRule {
  if (pointer === '/team/max_turns') {
    return { type: 'max_turns', turns: rules.team.max_turns ?? NaN };
  }
  const root: unknown = { stop: rules.stop, team: { stop: rules.team.stop } };
  return pointer
    .split('/')
    .slice(1)
    .reduce((value, key) => (value as Record<string, unknown>)[key], root) as StopRule;
}

/** Whether a team could end in this way with these turns; what a stop rule says is looked up by plain reading. */
function isTrue(run: TeamRun, reason: EndReason, records: readonly TurnRecord[]): boolean {
  const { team, maxTurns } = run.rules;
  const last = records.at(-1);
  if (reason.rule !== undefined) {
    return earliestTurn(ruleAt(run, reason.rule), records) === reason.turn;
  }
  if (reason.turn !== records.length) {
    return false;
  }
  switch (reason.type) {
    case 'max_turns':
      return reason.detail === 'MAX_TURNS' && records.length === maxTurns;
    case 'handoff':
      return team.type === 'swarm' && last?.handoff === 'user' && reason.detail === 'user';
    case 'satisfied':
    case 'gave_up': {
      const verdict = last?.kind === 'final' ? last.choice.ledger?.satisfied : undefined;
      const isGiven = verdict === undefined || verdict === (reason.type === 'satisfied');
      return team.type === 'magentic' && team.final_answer === (last?.kind === 'final') && isGiven;
    }
    case 'vote': {
      const options = team.type === 'panel' ? (team.options ?? membersOf(team).map(({ id }) => id)) : [];
      return (
        records.some(({ kind }) => kind === 'ballot') &&
        (reason.detail === undefined || options.includes(reason.detail))
      );
    }
    case 'panel_complete':
      return team.type === 'panel' && records.every(({ kind }) => kind !== 'ballot');
    case 'graph_complete':
      return team.type === 'graph';
    default:
      return false;
  }
}

/** The rules of the outermost level. */
function outermostRules({ rules: { stop, team } }: TeamRun): StopRule[] {
  const limit = team.max_turns === undefined ? [] : [{ type: 'max_turns', turns: team.max_turns } as const];
  return [stop, team.stop, ...limit].filter((rule) => rule !== null && rule !== undefined);
}

function lengthBeforeLastStep({ records, steps }: Played): number {
  return records.length - (steps.at(-1)?.length ?? 0);
}

describe('a run of any team', () => {
  it('ends, by a fault of its edges or for a reason, within the limit of the server', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, script }) => {
        const { last, records } = play(run, script);
        expect(['end', 'fail']).toContain(last.kind);
        expect(records.length).toBeLessThanOrEqual(MAX_TURNS);
        expect(records.map(({ turn }) => turn)).toEqual(records.map((_record, index) => index + 1));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('takes the same turns when it is interrupted anywhere and goes on from what was stored', () => {
    fc.assert(
      fc.property(arbitraryRun, fc.nat(MAX_TURNS), ({ run, script }, cut) => {
        const whole = play(run, script);
        const { records } = play(run, { ...script, breakAfter: cut });
        const resumed = play({ ...run, rules: restored(run.rules) }, { ...script, after: restored(records) });
        expect(resumed.records).toEqual(whole.records);
        expect(resumed.last).toEqual(whole.last);
        // The step that was due is planned as it was before, so that those of its turns that had ended already fit in.
        expect(restored(resumed.steps)).toEqual(
          restored(whole.steps.slice(whole.steps.length - resumed.steps.length)),
        );
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('ends as soon as a rule of the outermost level holds, and for a reason that is true of its turns', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, script }) => {
        const played = play(run, script);
        const { last, records } = played;
        const before = records.slice(0, lengthBeforeLastStep(played));
        for (const rule of outermostRules(run)) {
          expect(earliestTurn(rule, before)).toBeNull();
        }
        fc.pre(last.kind === 'end');
        const hasRule = outermostRules(run).some((rule) => earliestTurn(rule, records) !== null);
        expect({ ...last.reason, isTrue: isTrue(run, last.reason, records) }).toEqual({
          ...last.reason,
          isTrue: true,
        });
        expect(hasRule).toBe(last.reason.rule !== undefined);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('lets those speak only who are members and candidates of their teams', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, script }) => {
        const { steps } = play(run, script);
        for (const planned of steps.flat()) {
          const levels = membersAt(run.rules.team, planned.place).toReversed();
          expect(levels).toHaveLength(planned.place.length);
          const runs = levels[0]?.member?.runs;
          expect(runs && runs.type === 'agent' ? runs.name : null).toBe(planned.speaker);
          for (const [depth, { candidates }] of choicesOf(planned).entries()) {
            const level = levels[depth];
            expect(candidates).toContain(level?.member?.id);
            expect(level && membersOf(level.team).map(({ id }) => id)).toEqual(
              expect.arrayContaining([...candidates]),
            );
          }
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('never takes more turns than the limit of its outermost team', () => {
    fc.assert(
      fc.property(arbitraryRun, fc.integer({ min: 1, max: 5 }), ({ run, script }, turns) => {
        const limited = aRun(run.rules.team, { stop: { any: [{ type: 'max_turns', turns }] } });
        const counted = play(limited, script).records.filter(
          ({ kind }) => kind === 'reply' || kind === 'skip',
        );
        expect(counted.length).toBeLessThanOrEqual(turns);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('gives every turn a place of its own', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, script }) => {
        const places = play(run, script).records.map(({ place }) => JSON.stringify(place));
        expect(new Set(places).size).toBe(places.length);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
