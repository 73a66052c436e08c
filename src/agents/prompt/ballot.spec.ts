import { type BallotTask } from '../turn-task';
import { ballotInstruction, ballotSchema, ballotText, readBallot } from './ballot';

const vote: BallotTask = { options: ['Ann', 'Bob', 'Plan B: wait & see'], isRanked: false, mayAbstain: true };
const ranked: BallotTask = { options: ['A', 'B', 'C'], isRanked: true, mayAbstain: false };

describe('ballotSchema', () => {
  it('lets a model name options only, and abstain where that is allowed', () => {
    expect(ballotSchema(vote)).toMatchObject({
      properties: { vote: { enum: [...vote.options, 'abstain'] } },
      required: ['vote'],
    });
    expect(ballotSchema({ ...vote, mayAbstain: false })).toMatchObject({
      properties: { vote: { enum: vote.options } },
    });
    expect(ballotSchema(ranked)).toMatchObject({
      properties: { ranking: { items: { enum: ['A', 'B', 'C'] }, minItems: 3, maxItems: 3 } },
    });
    expect(ballotSchema({ ...ranked, mayAbstain: true })).toMatchObject({
      properties: { ranking: { minItems: 0 } },
    });
  });

  it('has another word for an abstention where an option has the usual one', () => {
    const task = { ...vote, options: ['Abstain', 'Go'] };
    expect(ballotSchema(task)).toMatchObject({
      properties: { vote: { enum: ['Abstain', 'Go', 'none of them'] } },
    });
    expect(readBallot('{"vote": "abstain"}', task)).toEqual({ ballot: { ranking: ['Abstain'] } });
    expect(ballotInstruction(task)).toContain('{"vote": "none of them"}');
  });
});

describe('readBallot', () => {
  it.each<[string, string[]]>([
    ['{"vote": "Bob"}', ['Bob']],
    ['```json\n{"vote": "bob."}\n```', ['Bob']],
    ['Sure! {"reason": "Ann is late", "vote": "Bob"}', ['Bob']],
    ['{"vote": "I vote for Bob"}', ['Bob']],
    ['{"vote": ["Bob"]}', ['Bob']],
    ['{"vote": "Plan B: wait & see"}', ['Plan B: wait & see']],
    ['{"vote": "plan b:  wait & see"}', ['Plan B: wait & see']],
    ['{"vote": "Bob", "reason": "beca', ['Bob']],
    ["{'vote': 'Bob'}", ['Bob']],
    ['My vote goes to **Bob**.', ['Bob']],
    ['{"vote": "abstain"}', []],
    ['I abstain.', []],
  ])('reads a vote in %s', (answer, ranking) => {
    expect(readBallot(answer, vote)).toEqual({ ballot: { ranking } });
  });

  it.each([
    ['', 'empty'],
    ['{"vote": "Ann or Bob"}', 'more than one option: "Ann", "Bob"'],
    ['{"vote": "Cem"}', 'none of the options'],
    ['{"vote": null}', 'none of the options'],
    ['{"vote": "Bo', 'none of the options'],
    ['Ann is good, but Bob is better.', 'more than one'],
    ['Bobby', 'none of the options'],
  ])('does not guess in %s', (answer, problem) => {
    expect(readBallot(answer, vote)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('takes no abstention where none is allowed', () => {
    expect(readBallot('abstain', { ...vote, mayAbstain: false })).toHaveProperty('problem');
    expect(readBallot('{"ranking": []}', ranked)).toHaveProperty('problem');
    expect(readBallot('{"ranking": []}', { ...ranked, mayAbstain: true })).toEqual({
      ballot: { ranking: [] },
    });
  });

  it.each<[string, string[]]>([
    ['{"ranking": ["B", "A", "C"]}', ['B', 'A', 'C']],
    ['{"ranking": ["B", "B", "A"]}', ['B', 'A']],
    ['{"ranking": "C > A > B"}', ['C', 'A', 'B']],
    ['```\n{"ranking": ["B", "A", "C"', ['B', 'A', 'C']],
    ['C > A > B', ['C', 'A', 'B']],
  ])('reads a ranking in %s', (answer, ranking) => {
    expect(readBallot(answer, ranked)).toEqual({ ballot: { ranking } });
  });

  it.each(['B is best', '{"ranking": ["A or B", "C"]}', '{"ranking": ["X"]}', '{"ranking": [1, 2]}'])(
    'does not guess a ranking in %s',
    (answer) => {
      expect(readBallot(answer, ranked)).toHaveProperty('problem');
    },
  );
});

describe('ballotText', () => {
  it('is what everybody hears', () => {
    expect(ballotText({ ranking: ['B'] })).toBe('Vote: B');
    expect(ballotText({ ranking: ['B', 'A', 'C'] })).toBe('Vote: B > A > C');
    expect(ballotText({ ranking: [] })).toBe('Abstained.');
  });
});
