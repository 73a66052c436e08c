import { type RandomTeam, type Participant } from '../definition/team-definition';
import { nextStep } from '../next-step';
import { aRun, play } from '../testing/play';
import { turns } from '../testing/turn-records';

const team = (changes: Partial<RandomTeam<Participant>> = {}): RandomTeam<Participant> => ({
  type: 'random',
  participants: ['A', 'B', 'C'],
  allow_repeated_speaker: false,
  max_turns: 200,
  ...changes,
});

const orderOf = (changes: Partial<RandomTeam<Participant>> = {}, rootSeed = 7) =>
  play(aRun(team(changes), { rootSeed })).order.join('');

const shareOf = (name: string, order: string) => order.split(name).length / order.length;

describe('random', () => {
  it('draws the same for the same seed, another order for another', () => {
    expect(orderOf()).toBe(orderOf());
    expect(orderOf({}, 8)).not.toBe(orderOf());
  });

  it('draws by the number of the turn, so a resumed run draws as one that was not interrupted', () => {
    const run = aRun(team());
    const { records } = play(run, { breakAfter: 63 });
    expect(play(run, { after: records }).records).toEqual(play(run).records);
  });

  it('never repeats a speaker unless that is allowed', () => {
    expect(orderOf()).not.toMatch(/(.)\1/);
    expect(orderOf({ allow_repeated_speaker: true })).toMatch(/(.)\1/);
  });

  it('gives everybody the same chance without weights', () => {
    const order = orderOf({ allow_repeated_speaker: true });
    for (const name of ['A', 'B', 'C']) {
      expect(shareOf(name, order)).toBeCloseTo(1 / 3, 0.5);
      expect(shareOf(name, order)).toBeGreaterThan(0.2);
    }
  });

  it('gives chances by the weights, and a weight of 1 to whoever is not named', () => {
    const order = orderOf({ allow_repeated_speaker: true, weights: { B: 8, C: 0.5 } });
    expect(shareOf('B', order)).toBeGreaterThan(0.75);
    expect(shareOf('C', order)).toBeLessThan(shareOf('A', order));
  });

  it('never draws somebody with weight 0 while anybody else may speak', () => {
    expect(orderOf({ weights: { C: 0 } })).not.toContain('C');
    expect(orderOf({ allow_repeated_speaker: true, weights: { B: 0, C: 0 } })).toMatch(/^A+$/);
  });

  it('draws somebody with weight 0 when nobody else may speak', () => {
    expect(orderOf({ participants: ['A', 'B'], weights: { B: 0 } })).toMatch(/^(AB)+$/);
    expect(new Set(orderOf({ weights: { A: 0, B: 0, C: 0 } })).size).toBe(3);
  });

  it('lets one alone speak on, since rules about repeating never end a run', () => {
    expect(orderOf({ participants: ['A'], max_turns: 3 })).toBe('AAA');
  });

  it('tells among whom was drawn', () => {
    const choice = (...said: string[]) => {
      const step = nextStep(aRun(team({ weights: { C: 0 } })), turns(...said));
      return step.kind === 'turns' ? step.turns[0]?.choice : null;
    };
    expect(choice()).toMatchObject({ method: 'random', candidates: ['A', 'B'], attempts: 0 });
    expect(choice('A')).toMatchObject({ method: 'only_candidate', candidates: ['B'] });
  });

  it('takes the name of an agent for nothing but a name', () => {
    const changes = { participants: ['constructor', 'A'], weights: { A: 1 }, allow_repeated_speaker: true };
    expect(orderOf(changes)).toContain('constructor');
  });
});
