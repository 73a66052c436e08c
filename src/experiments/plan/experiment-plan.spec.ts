import { type ModelRate } from '../../conversations/model-rates';
import { rulesFromTeam } from '../../conversations/team/rules';
import { teamSchema } from '../../conversations/team/definition/team-schema';
import { loadsIn, modelsOf, planExperiment, type PlanInput } from './experiment-plan';

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
const two = { type: 'round_robin', participants: ['A', 'B'], max_turns: 2 };

describe('the loads of models', () => {
  it.each<[string, string[], number, Record<string, number>]>([
    ['one model is loaded once', ['a', 'a', 'a'], 5, { a: 1 }],
    ['two in turn are loaded for each call', ['a', 'b', 'a', 'b'], 3, { a: 6, b: 6 }],
    [
      'the last model of a run is there for the first call of the next',
      ['a', 'b', 'b', 'a'],
      3,
      { a: 4, b: 3 },
    ],
    ['names of one model are one', ['a', 'a:latest', 'A'], 2, { a: 1 }],
    ['no calls load nothing', [], 2, {}],
  ])('%s', (_what, models, runs, expected) => {
    expect(Object.fromEntries([...loadsIn(models, runs)].filter(([, count]) => count > 0))).toEqual(expected);
  });
});

describe('the plan of an experiment', () => {
  it('adds up what each call reads and says, as the conversation grows', () => {
    const plan = planExperiment(aPlanInput(two, { runs: 3 }), []);
    expect(plan).toEqual({
      runs: 3,
      turns: { min: 2, max: 2 },
      calls: { reply: 6, selector: 0, ledger: 0, handoff: 0, repair: 0 },
      loads: 6,
      promptTokens: 3 * (10 + 10 + (10 + 10 + 100)),
      completionTokens: 3 * 200,
      minutes: null,
    });
  });

  it('takes what a model said on average, and no prompt longer than its context', () => {
    const plan = planExperiment(aPlanInput(two, { windowOf: () => 60 }), [aRate('one', { replyTokens: 50 })]);
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
    expect(planExperiment(aPlanInput(selector), []).calls).toMatchObject({ reply: 2, selector: 6 });
    const panel = { type: 'panel', participants: ['A', 'B'] };
    expect(planExperiment(aPlanInput(panel), []).calls).toMatchObject({ reply: 4, repair: 4 });
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
    expect(planExperiment(aPlanInput(selector), []).loads).toBe(2);
    expect(planExperiment(aPlanInput({ ...selector, selector_model: 'chooser' }), []).loads).toBe(4);
  });

  it('tells minutes when every model was measured, else none', () => {
    const rates = [aRate('one'), aRate('two')];
    const seconds = (20 + 120) / 100 + 200 / 10 + 2 * 3;
    expect(planExperiment(aPlanInput(two), rates).minutes).toBeCloseTo(seconds / 60);
    expect(planExperiment(aPlanInput(two, { runs: 4 }), rates).minutes).toBeCloseTo((4 * seconds) / 60);
    expect(planExperiment(aPlanInput(two), rates.slice(0, 1)).minutes).toBeNull();
    expect(
      planExperiment(aPlanInput(two), [aRate('one'), aRate('two', { tokensPerSecond: null })]).minutes,
    ).toBeNull();
  });
});
