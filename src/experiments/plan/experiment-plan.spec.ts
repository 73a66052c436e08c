import { type ModelRate } from '../../conversations/model-rates';
import { rulesFromTeam } from '../../conversations/team/rules';
import { teamSchema } from '../../conversations/team/definition/team-schema';
import { modelsOf, type Plan, planExperiment, type PlanInput } from './experiment-plan';
import { type SchedulingInput } from './loads';

const anAgent = (name: string, model: string, prompt = 'x'.repeat(24)) => ({
  id: name,
  name,
  prompt,
  model,
  color: '',
  options: {},
});
const aPlanInput = (team: unknown, changes: Partial<PlanInput> = {}): PlanInput => ({
  rules: rulesFromTeam(teamSchema.parse(team), null, {
    maxRounds: 4,
    maxTurns: 100,
    fallback: 'round_robin',
  }),
  agents: [anAgent('A', 'one'), anAgent('B', 'two')],
  runs: 1,
  taskTokens: 10,
  numPredict: 100,
  windowOf: () => 1_000,
  ...changes,
});
const aRate = (model: string, changes: Partial<ModelRate> = {}): ModelRate => ({
  model,
  calls: 5,
  tokensPerSecond: 10,
  promptTokensPerSecond: 100,
  loadSeconds: 3,
  replyTokens: null,
  ...changes,
});
const aPlan = (
  input: PlanInput,
  rates: readonly ModelRate[] = [],
  scheduling: Partial<SchedulingInput> = {},
): Plan =>
  planExperiment(
    input,
    { parallelism: 1, fitTogether: false, slots: 1, maxWaitSeconds: 60, ...scheduling },
    rates,
  );
const two = { type: 'round_robin', participants: ['A', 'B'], max_turns: 2 };

describe('the plan of an experiment', () => {
  it('adds up what each call reads and says, as the conversation grows', () => {
    const plan = aPlan(aPlanInput(two, { runs: 3 }));
    expect(plan).toEqual({
      runs: 3,
      turns: { min: 2, max: 2 },
      calls: { reply: 6, selector: 0, ledger: 0, handoff: 0, repair: 0 },
      loads: 6,
      promptTokens: 3 * (10 + 10 + (10 + 10 + 100)),
      completionTokens: 3 * 200,
      minutes: null,
      scheduled: { parallelism: 1, loads: 6, minutes: null },
    });
  });

  it('takes what a model said on average, and no prompt longer than its context', () => {
    const plan = aPlan(aPlanInput(two, { windowOf: () => 60 }), [aRate('one', { replyTokens: 50 })]);
    expect(plan.completionTokens).toBe(50 + 100);
    expect(plan.promptTokens).toBe(10);
  });

  it('counts every attempt at a question, and second tries at forms', () => {
    const selector = {
      type: 'selector',
      participants: ['A', 'B'],
      allow_repeated_speaker: true,
      max_turns: 2,
    };
    expect(aPlan(aPlanInput(selector)).calls).toMatchObject({ reply: 2, selector: 6 });
    const panel = { type: 'panel', participants: ['A', 'B'] };
    expect(aPlan(aPlanInput(panel)).calls).toMatchObject({ reply: 4, repair: 4 });
  });

  it('asks a selector model of its own, else the one that spoke last', () => {
    const selector = {
      type: 'selector',
      participants: ['A', 'B'],
      allow_repeated_speaker: true,
      max_turns: 2,
    };
    expect(modelsOf(aPlanInput({ ...selector, selector_model: 'chooser' }))).toEqual([
      'chooser',
      'one',
      'two',
    ]);
    expect(aPlan(aPlanInput(selector)).loads).toBe(2);
    expect(aPlan(aPlanInput({ ...selector, selector_model: 'chooser' })).loads).toBe(4);
  });

  it('tells minutes when every model was measured, else none', () => {
    const rates = [aRate('one'), aRate('two')];
    const seconds = (20 + 120) / 100 + 200 / 10 + 2 * 3;
    expect(aPlan(aPlanInput(two), rates).minutes).toBeCloseTo(seconds / 60);
    expect(aPlan(aPlanInput(two, { runs: 4 }), rates).minutes).toBeCloseTo((4 * seconds) / 60);
    expect(aPlan(aPlanInput(two), rates.slice(0, 1)).minutes).toBeNull();
    expect(
      aPlan(aPlanInput(two), [aRate('one'), aRate('two', { tokensPerSecond: null })]).minutes,
    ).toBeNull();
  });

  describe('with the calls of open runs scheduled together', () => {
    // Eight turns of two models in turn, 50 runs: 400 calls.
    const study = aPlanInput({ ...two, max_turns: 8 }, { runs: 50 });
    const rates = [aRate('one'), aRate('two')];
    const all = { parallelism: 50, maxWaitSeconds: 86_400 };
    // The prompt of turn n has 10 tokens of the agent, 10 of the task and 100 of each turn before.
    const callSeconds = (50 * (8 * 20 + 28 * 100)) / 100 + (50 * 8 * 100) / 10;

    it('costs the loads of one run instead of those of all', () => {
      const plan = aPlan(study, rates, all);
      expect([plan.loads, plan.scheduled.loads]).toEqual([400, 8]);
      expect(plan.minutes).toBeCloseTo((callSeconds + 400 * 3) / 60);
      expect(plan.scheduled.minutes).toBeCloseTo((callSeconds + 8 * 3) / 60);
    });

    it('makes as many calls at once as there are slots and open runs', () => {
      const minutes = (scheduling: Partial<SchedulingInput>) =>
        aPlan(study, rates, { ...all, ...scheduling }).scheduled.minutes;
      expect(minutes({ slots: 4 })).toBeCloseTo((callSeconds / 4 + 8 * 3) / 60);
      expect(minutes({ slots: 4, parallelism: 2 })).toBeCloseTo((callSeconds / 2 + 25 * 8 * 3) / 60);
      expect(minutes({ slots: 4, fitTogether: true })).toBeCloseTo((callSeconds / 4 + 2 * 3) / 60);
    });

    it('loads a model again when calls for another one have waited long enough', () => {
      // 5,480 seconds of calls are 92 times the minute after which another model gets its turn: 12 batches of 8 loads.
      expect(callSeconds).toBe(5_480);
      expect(aPlan(study, rates, { parallelism: 50 }).scheduled.loads).toBe(12 * 8);
      expect(aPlan(study, [], { parallelism: 50 }).scheduled).toEqual({
        parallelism: 50,
        loads: 8,
        minutes: null,
      });
    });
  });
});
