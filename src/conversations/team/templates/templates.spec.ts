import { type StopRule } from '../definition/stop-rule';
import { type Participant, type TeamDefinition } from '../definition/team-definition';
import { type Line, aRun, play } from '../testing/play';
import { asEngine } from './templates';

const DONE: StopRule = { type: 'text', text: 'DONE' };
const OUTER = { name: 'outer', max_turns: 3, share: 'last' } as const;

/** A team as the participant of a template. */
const inner = (...participants: string[]): TeamDefinition => ({
  type: 'round_robin',
  name: participants.join(''),
  participants,
  max_turns: participants.length,
});

const stepsOf = (team: TeamDefinition, say: Readonly<Record<string, readonly Line[]>> = {}) => {
  const { order, last, steps } = play(aRun(team), { say });
  return { order: order.join(' '), last, steps: steps.flat() };
};

/** What an agent is told besides what it is. */
const instructionsOf = (team: TeamDefinition, speaker: string) => [
  ...new Set(
    stepsOf(team).steps.flatMap((planned) =>
      planned.speaker === speaker ? [planned.as?.instruction ?? null] : [],
    ),
  ),
];

type Of<T extends TeamDefinition['type']> = Extract<TeamDefinition, { type: T }>;

const debate = (changes: Partial<Of<'debate'>> = {}): Of<'debate'> => ({
  type: 'debate',
  sides: ['A', 'B'],
  rounds: 1,
  judge: 'J',
  ...changes,
});
const critic = (changes: Partial<Of<'critic'>> = {}): Of<'critic'> => ({
  type: 'critic',
  author: 'A',
  critic: 'C',
  accept: 'APPROVED',
  max_rounds: 2,
  ...changes,
});
const moderator = (changes: Partial<Of<'moderator'>> = {}): Of<'moderator'> => ({
  type: 'moderator',
  moderator: 'M',
  participants: ['A', 'B'],
  close: 'CLOSED',
  ...changes,
});
const consensus = (changes: Partial<Of<'consensus'>> = {}): Of<'consensus'> => ({
  type: 'consensus',
  participants: ['A', 'B', 'C'],
  max_rounds: 2,
  by: 'text',
  text: 'I AGREE',
  quorum: 1,
  ...changes,
});
const pipeline = (changes: Partial<Of<'pipeline'>> = {}): Of<'pipeline'> => ({
  type: 'pipeline',
  stages: ['A', 'B', 'C'],
  see: 'all',
  ...changes,
});

const ALL: ReadonlyArray<[string, (changes?: object) => TeamDefinition]> = [
  ['debate', debate],
  ['critic', critic],
  ['moderator', moderator],
  ['consensus', consensus],
  ['pipeline', pipeline],
];

describe('asEngine', () => {
  it.each(ALL)('hands on what every team has: %s', (_name, template) => {
    expect(asEngine(template(OUTER))).toMatchObject(OUTER);
  });

  it.each(ALL.filter(([name]) => name !== 'moderator'))('adds no limit of its own: %s', (_name, template) => {
    expect(asEngine(template())).not.toHaveProperty('max_turns');
  });

  it('gives a moderated conversation four turns for each member, for a moderator may never close it', () => {
    const { last } = stepsOf(moderator());
    expect(asEngine(moderator())).toMatchObject({ max_turns: 12 });
    expect(last).toMatchObject({ kind: 'end', reason: { type: 'max_turns', turn: 12 } });
  });

  it.each(ALL)('ends by the own stop rule, too, and before its limit: %s', (_name, template) => {
    const { order, last } = stepsOf(template({ stop: DONE }), { A: ['DONE'], M: ['DONE'] });
    expect(last).toMatchObject({ kind: 'end', reason: { type: 'text', detail: 'DONE' } });
    expect(order.split(' ')).toHaveLength(1);
    const cut = stepsOf(template({ max_turns: 1 }));
    expect(cut).toMatchObject({ last: { reason: { type: 'max_turns', turn: 1 } } });
  });

  it('leaves the rules of a list in `any` at their places, so that pointers to them are right', () => {
    const stop: StopRule = { any: [{ type: 'tool', name: 'search' }, DONE] };
    const { last } = stepsOf(critic({ stop }), { A: ['DONE'] });
    expect(last).toMatchObject({ reason: { type: 'text', rule: '/team/stop/any/1' } });
  });

  it.each([
    [debate({ sides: ['A', debate()] })],
    [{ type: 'round_robin', participants: ['A', debate()] }],
  ] as const)('writes templates in templates and engines down, too: %#', (team) => {
    expect(JSON.stringify(asEngine(team as TeamDefinition))).not.toContain('"type":"debate"');
    expect(stepsOf(team as TeamDefinition).last).toMatchObject({ kind: 'end' });
  });

  it('leaves a team without templates as it is', () => {
    const team: TeamDefinition = {
      type: 'graph',
      nodes: [
        { id: 'A', join: 'all' },
        { id: 'two', run: { agent: 'B', history: { last: 2 } }, join: 'any' },
      ],
      edges: [{ from: 'A', to: 'two' }],
    };
    expect(asEngine(team)).toEqual(team);
  });
});

describe('instructions of templates', () => {
  it('come after those that an agent has in its place', () => {
    const author: Participant = { agent: 'A', instruction: 'Rhyme.', history: { last: 3 } };
    const [planned] = stepsOf(critic({ author })).steps;
    expect(planned?.as?.instruction).toMatch(/^Rhyme\.\n\nWrite/);
    expect(planned?.as?.history).toEqual({ last: 3 });
  });

  it.each([
    ['debate', debate({ sides: [inner('X'), 'B'] })],
    ['critic', critic({ author: inner('X') })],
    ['consensus', consensus({ participants: [inner('X'), 'B'] })],
    ['pipeline', pipeline({ stages: [inner('X'), 'B'] })],
  ])('are not given to the agents of a team: %s', (_name, team) => {
    expect(instructionsOf(team, 'X')).toEqual([null]);
    expect(instructionsOf(team, 'B')).not.toEqual([null]);
  });
});

describe('debate', () => {
  it('has the sides open side by side, answer in turn, and a judge', () => {
    const { order, last, steps } = stepsOf(debate({ rounds: 2 }));
    expect(order).toBe('A+B A B A B J');
    expect(last).toMatchObject({ kind: 'end', reason: { type: 'graph_complete', turn: 7 } });
    expect(steps.map(({ place }) => place[0]?.member)).toEqual([
      'opening_1',
      'opening_2',
      'rebuttal_1_1',
      'rebuttal_1_2',
      'rebuttal_2_1',
      'rebuttal_2_2',
      'verdict',
    ]);
  });

  it.each([
    [{ judge: undefined }, 'A+B A B'],
    [{ rounds: 0 }, 'A+B J'],
    [{ rounds: 0, judge: undefined }, 'A+B'],
    [{ sides: ['A', 'B', 'C'] }, 'A+B+C A B C J'],
  ])('goes on without what is left out: %j', (changes, order) => {
    expect(stepsOf(debate(changes))).toMatchObject({ order, last: { reason: { type: 'graph_complete' } } });
  });

  it('tells each what to do: open, answer, judge among the sides', () => {
    const [opening, rebuttal] = instructionsOf(debate(), 'A');
    expect(opening).toMatch(/opening statement/);
    expect(rebuttal).toMatch(/Answer the other side/);
    expect(instructionsOf(debate({ sides: ['A', { agent: 'B' }, inner('X')] }), 'J')[0]).toContain(
      'Say who won, A, B or X,',
    );
  });
});

describe('critic', () => {
  it('goes on until the critic accepts, and takes no notice of the word from the author', () => {
    expect(stepsOf(critic({ max_rounds: 5 }), { A: ['APPROVED?'], C: ['no', 'APPROVED'] })).toMatchObject({
      order: 'A C A C',
      last: { reason: { type: 'text', turn: 4, detail: 'APPROVED' } },
    });
  });

  it('ends after max_rounds rounds', () => {
    expect(stepsOf(critic())).toMatchObject({ order: 'A C A C', last: { reason: { type: 'max_turns' } } });
  });

  it('takes the word of any agent of a team of critics, and counts its turns in rounds', () => {
    const team = critic({ critic: inner('X', 'Y') });
    expect(stepsOf(team).order).toBe('A X Y A X Y');
    expect(stepsOf(critic({ critic: { ...inner('X', 'Y'), max_turns: 3 } })).order).toBe('A X Y X A X Y X');
    expect(stepsOf(team, { X: ['APPROVED'] }).order).toBe('A X');
  });

  it('tells the critic the word', () => {
    expect(instructionsOf(critic({ accept: 'SHIP IT' }), 'C')[0]).toContain(
      'answer with SHIP IT and nothing else',
    );
  });
});

describe('moderator', () => {
  it('speaks first and after everybody else, and says who comes next', () => {
    const M = [{ handoff: 'B' }, { handoff: 'A' }, 'All is said. CLOSED'];
    expect(stepsOf(moderator(), { M })).toMatchObject({
      order: 'M B M A M',
      last: { reason: { type: 'text', turn: 5, detail: 'CLOSED' } },
    });
  });

  it('alone hands over', () => {
    const { steps, order } = stepsOf(moderator({ max_turns: 4 }), {
      M: [{ handoff: 'B' }],
      B: [{ handoff: 'A' }],
    });
    expect(order).toBe('M B M B');
    expect(steps[0]?.task).toEqual({ kind: 'reply', handoffs: { targets: ['A', 'B'], by: 'auto' } });
    expect(steps[1]?.task).toEqual({ kind: 'reply' });
  });

  it('is followed by the others in turn when it hands nothing on', () => {
    expect(stepsOf(moderator({ max_turns: 6 })).order).toBe('M A M B M A');
  });

  it('ends by the word of the moderator only', () => {
    expect(stepsOf(moderator({ max_turns: 4 }), { A: ['CLOSED'] }).order).toBe('M A M B');
  });

  it('is told to whom it can hand over, and how to end', () => {
    const team = moderator({
      participants: ['A', critic({ name: 'review' }), inner('XY', 'Z')],
      max_turns: 2,
    });
    const [instruction] = instructionsOf(team, 'M');
    expect(instruction).toContain('A, review or XYZ');
    expect(instruction).toContain('write CLOSED');
    expect(stepsOf(team, { M: [{ handoff: 'XYZ' }] }).order).toBe('M XY');
  });
});

describe('consensus', () => {
  it('goes on until all agree, at the end of a round', () => {
    const say = { A: ['x', 'I AGREE'], B: ['I AGREE'], C: ['I AGREE'] };
    expect(stepsOf(consensus({ max_rounds: 5 }), say)).toMatchObject({
      order: 'A B C A B C',
      last: { reason: { type: 'agreement', turn: 6 } },
    });
  });

  it('is content with the quorum', () => {
    const say = { A: ['x'], B: ['I AGREE'], C: ['I AGREE'] };
    expect(stepsOf(consensus({ quorum: 0.6 }), say)).toMatchObject({ order: 'A B C' });
  });

  it('compares answers', () => {
    const say = { A: ['41', '42'], B: ['42.'], C: [' 42 '] };
    const { order, last } = stepsOf(consensus({ by: 'answer', max_rounds: 5 }), say);
    expect(order).toBe('A B C A B C');
    expect(last).toMatchObject({ reason: { type: 'agreement' } });
  });

  it('ends after max_rounds rounds, in which teams take all their turns', () => {
    expect(stepsOf(consensus({ participants: ['A', inner('X', 'Y')] }))).toMatchObject({
      order: 'A X Y A X Y',
      last: { reason: { type: 'max_turns', turn: 6 } },
    });
  });

  it('tells what agreeing is', () => {
    expect(instructionsOf(consensus({ text: 'SO BE IT' }), 'A')[0]).toContain('write SO BE IT');
    expect(instructionsOf(consensus({ by: 'answer' }), 'A')[0]).toContain('in the same words');
  });
});

describe('pipeline', () => {
  it('goes through its stages once', () => {
    expect(stepsOf(pipeline({ stages: ['A', inner('X', 'Y'), 'A'] }))).toMatchObject({
      order: 'A X Y A',
      last: { reason: { type: 'graph_complete', turn: 4 } },
    });
  });

  it('lets each stage hear everything, or only the stage before it', () => {
    const heard = (team: TeamDefinition) => stepsOf(team).steps.map(({ as }) => as?.history);
    expect(heard(pipeline())).toEqual([undefined, undefined, undefined]);
    expect(heard(pipeline({ see: 'previous' }))).toEqual([undefined, { from: ['A'] }, { from: ['B'] }]);
    expect(heard(pipeline({ see: 'previous', stages: [inner('X', 'Y'), 'B'] }))[2]).toEqual({
      from: ['X', 'Y'],
    });
  });

  it('leaves to an agent what the request says that it hears', () => {
    const stages = ['A', { agent: 'B', history: { last: 1 } }];
    expect(stepsOf(pipeline({ see: 'previous', stages })).steps[1]?.as?.history).toEqual({ last: 1 });
  });

  it('works with one stage', () => {
    expect(stepsOf(pipeline({ stages: ['A'] })).order).toBe('A');
  });
});
