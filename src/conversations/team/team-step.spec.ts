import { MAX_HISTORY_CHARACTERS } from './engines/question-text';
import { type EnginePart, type SelectorTeam } from './definition/team-definition';
import { nextStep } from './next-step';
import { aRun, play } from './testing/play';
import { placeKey } from './turn-record';

type Nested = Extract<EnginePart, { type: string }>;

/** Everybody once, unless told otherwise. */
const circle = (name: string, participants: readonly EnginePart[], changes: object = {}): Nested => ({
  type: 'round_robin',
  name,
  participants,
  ...changes,
});

/** Places in short: `T2 A1`. */
const places = (run: ReturnType<typeof play>) =>
  run.records.map(({ place }) => place.map(({ member, move }) => `${member}${move}`).join(' '));

describe('a team within a team', () => {
  const two = aRun(circle('', ['A', circle('T', ['B', 'C'])], { max_turns: 7 }));
  const three = aRun(circle('', ['A', circle('T', ['B', circle('U', ['C', 'D'])])], { max_turns: 10 }));

  it('takes its turns where an agent would take one', () => {
    const run = play(two);
    expect(run.order.join('')).toBe('ABCABCA');
    expect(places(run)).toEqual(['A1', 'T2 B1', 'T2 C2', 'A3', 'T4 B1', 'T4 C2', 'A5']);
  });

  it('takes them at any depth, until its visit has ended by its own rule', () => {
    const run = play(three);
    expect(run.order.join('')).toBe('ABCDABCDAB');
    expect(places(run).slice(0, 5)).toEqual(['A1', 'T2 B1', 'T2 U2 C1', 'T2 U2 D2', 'A3']);
  });

  it('ends a visit when its own stop rule holds of the turns of the visit, whatever was said before', () => {
    const run = aRun(
      circle('', ['A', circle('T', ['B', 'C'], { stop: { type: 'text', text: 'DONE' } })], { max_turns: 8 }),
    );
    const { order } = play(run, { say: { A: ['DONE'], B: ['no', 'DONE', 'no'], C: ['no'] } });
    expect(order.join('')).toBe('ABCBABCB');
  });

  it('counts turns anew in each visit', () => {
    const inner = circle('T', ['B', 'C'], { max_turns: 3 });
    expect(play(aRun(circle('', ['A', inner], { max_turns: 9 }))).order.join('')).toBe('ABCBABCBA');
  });

  it('counts time from the beginning of the visit', () => {
    const inner = circle('T', ['B', 'C'], { stop: { type: 'active_seconds', seconds: 2 } });
    // Each turn takes a second.
    expect(play(aRun(circle('', ['A', inner], { max_turns: 7 }))).order.join('')).toBe('ABCABCA');
  });

  it('is broken off by no limit of time within a turn', () => {
    const inner = circle('T', ['B', 'C'], { stop: { type: 'active_seconds', seconds: 2 } });
    const run = aRun(circle('', [inner], { max_turns: 7 }));
    const { records } = play(run, { breakAfter: 1 });
    expect(nextStep(run, records, new Map(), 60_000)).toMatchObject({ turns: [{ speaker: 'C' }] });
  });

  it('gives the run over to a rule around it at once', () => {
    const run = aRun(circle('', ['A', circle('T', ['B', 'C'])]), { stop: { type: 'text', text: 'DONE' } });
    const { order, last } = play(run, { say: { B: ['DONE'] } });
    expect(order.join('')).toBe('AB');
    expect(last).toMatchObject({ reason: { type: 'text', turn: 2, rule: '/stop' } });
  });

  it('tells the rule of the outermost team, never one of its own', () => {
    expect(play(two).last).toEqual({
      kind: 'end',
      reason: { type: 'max_turns', turn: 7, rule: '/team/max_turns' },
    });
  });

  it('tells with the first turn of a visit how the teams around it were chosen', () => {
    const chosen = play(three)
      .steps.flat()
      .map(({ choice }) => choice.via?.map(({ candidates }) => candidates));
    expect(chosen.slice(0, 4)).toEqual([undefined, [['T']], [['U']], undefined]);
    const deep = aRun(
      circle('', [circle('T', [circle('U', ['A', 'B'])], { max_turns: 2 })], { max_turns: 2 }),
    );
    expect(
      play(deep)
        .steps.flat()
        .map(({ choice }) => choice.via?.map(({ candidates }) => candidates)),
    ).toEqual([[['T'], ['U']], undefined]);
  });

  it('goes on in the middle of a visit after a break, at any depth', () => {
    const run = aRun(
      circle('', ['A', circle('T', ['B', circle('U', ['C', 'D'])], { max_turns: 5 })], { max_turns: 11 }),
    );
    const whole = play(run);
    for (let breakAfter = 0; breakAfter < whole.records.length; breakAfter += 1) {
      const { records } = play(run, { breakAfter });
      expect(play(run, { after: records }).records).toEqual(whole.records);
    }
  });

  it('is hidden from its neighbours as far as it shares only its last word', () => {
    const ask: SelectorTeam<EnginePart> = {
      type: 'selector',
      participants: ['A', 'D', circle('T', ['B', 'C'], { share: 'last' })],
      allow_repeated_speaker: false,
      max_attempts: 1,
      selector_prompt: '{history}',
      max_turns: 4,
    };
    const asked: string[] = [];
    play(aRun(ask), {
      say: { B: ['a secret'], C: ['the result'] },
      answer: ({ candidates, messages }) => {
        asked.push(
          messages(MAX_HISTORY_CHARACTERS)
            .map(({ content }) => content)
            .join('\n'),
        );
        return candidates.includes('T') ? 'T' : 'A';
      },
    });
    expect(asked.at(-1)).toContain('C: the result');
    expect(asked.at(-1)).not.toContain('a secret');
  });
});

describe('a nested team without news', () => {
  it('is passed over, and the turn counts (trap: a nested team that speaks twice dies)', () => {
    const run = play(aRun(circle('', [circle('T', ['A', 'B'])], { max_turns: 4 })));
    expect(run.order).toEqual(['A', 'B', '(T)', '(T)']);
    expect(run.records[2]).toMatchObject({ kind: 'skip', state: 'skipped', speaker: 'T' });
    expect(places(run).slice(2)).toEqual(['T2', 'T3']);
    expect(run.last).toMatchObject({ reason: { type: 'max_turns', turn: 4 } });
  });

  it('is what it is after others said nothing, too', () => {
    const team = circle('', [circle('T', ['A']), 'B'], { max_turns: 5 });
    expect(play(aRun(team), { say: { B: ['', 'well'] } }).order).toEqual(['A', 'B', '(T)', 'B', 'A']);
  });

  it('ends its place only, not the visit around it', () => {
    const inner = circle('U', ['A']);
    const middle = circle('T', [inner, 'B'], { max_turns: 4 });
    const { order } = play(aRun(circle('', ['C', middle], { max_turns: 10 })), { say: { B: [''] } });
    expect(order).toEqual(['C', 'A', 'B', '(U)', 'B', 'C', 'A', 'B', '(U)', 'B']);
  });
});

describe('a step of several turns', () => {
  const nodes = (...ids: string[]) => ids.map((id) => ({ id, join: 'all' as const }));

  it('is cut to the turns that are left, in the order of the team', () => {
    const graph = { type: 'graph', nodes: nodes('A', 'B', 'C'), edges: [] } as const;
    expect(play(aRun({ ...graph, max_turns: 2 })).order).toEqual(['A+B']);
    expect(play(aRun(graph, { stop: { any: [{ type: 'max_turns', turns: 1 }] } })).order).toEqual(['A']);
    expect(play(aRun(graph)).order).toEqual(['A+B+C']);
  });

  it('is cut to the limit of the server', () => {
    const graph = { type: 'graph', nodes: nodes('A', 'B', 'C'), edges: [] } as const;
    const run = aRun(graph);
    const limited = { ...run, rules: { ...run.rules, maxTurns: 2 } };
    expect(play(limited)).toMatchObject({ order: ['A+B'], last: { reason: { detail: 'MAX_TURNS' } } });
  });

  it('lets nested teams go on side by side until each has ended', () => {
    const graph = {
      type: 'graph',
      nodes: [
        { id: 'left', run: circle('T', ['A', 'B', 'C']), join: 'all' },
        { id: 'right', run: circle('U', ['D']), join: 'all' },
        { id: 'E', join: 'all' },
      ],
      edges: [
        { from: 'left', to: 'E' },
        { from: 'right', to: 'E' },
      ],
    } as const;
    const run = play(aRun(graph));
    expect(run.order).toEqual(['A+D', 'B', 'C', 'E']);
    expect(places(run)).toEqual(['left1 A1', 'right2 D1', 'left1 B2', 'left1 C3', 'E3']);
    expect(new Set(run.records.map(({ place }) => placeKey(place))).size).toBe(5);
  });

  it('asks all its questions at once, each under a key of its own', () => {
    const ask = (name: string, ...participants: string[]): Nested => ({
      type: 'selector',
      name,
      participants,
      allow_repeated_speaker: false,
      max_attempts: 1,
      max_turns: 1,
    });
    const run = aRun({
      type: 'graph',
      nodes: [
        { id: 'left', run: ask('T', 'A', 'B'), join: 'all' },
        { id: 'right', run: ask('U', 'C', 'D'), join: 'all' },
      ],
      edges: [],
    });
    const step = nextStep(run, []);
    const questions = step.kind === 'ask' ? step.questions : [];
    expect(questions.map(({ question }) => question.candidates)).toEqual([
      ['A', 'B'],
      ['C', 'D'],
    ]);
    expect(new Set(questions.map(({ key }) => key)).size).toBe(2);
    expect(play(run, { answer: ({ candidates }) => candidates[1] ?? '' }).order).toEqual(['B+D']);
  });
});

describe('what a turn is told', () => {
  it('is the instruction and the history that the agent has in its place', () => {
    const placed = { agent: 'A', instruction: 'Be short.', history: { last: 1 } };
    const [first] = play(aRun(circle('', [circle('T', [placed])], { max_turns: 1 }))).steps.flat();
    expect(first).toMatchObject({
      speaker: 'A',
      task: { kind: 'reply' },
      as: { name: 'A', instruction: 'Be short.', history: { last: 1 } },
    });
  });

  it('counts an empty turn of a selector team as its move', () => {
    const run = aRun({
      type: 'selector',
      participants: ['A', 'B', 'C'],
      allow_repeated_speaker: false,
      max_attempts: 1,
      max_turns: 6,
    });
    const { steps } = play(run, { say: () => '', answer: ({ candidates }) => candidates[0] ?? '' });
    expect(
      steps
        .flat()
        .map(({ speaker }) => speaker)
        .join(''),
    ).toBe('ABABAB');
  });
});

describe('a template within a team', () => {
  it('takes its turns as the engine that it is written down as', () => {
    const critic = {
      type: 'critic',
      name: 'T',
      author: 'B',
      critic: 'C',
      accept: 'APPROVED',
      max_rounds: 2,
    } as const;
    const run = aRun({ type: 'round_robin', participants: ['A', critic], max_turns: 9 });
    const { order } = play(run, { say: { C: ['no', 'APPROVED', 'APPROVED'] } });
    expect(order.join('')).toBe('ABCBCABCA');
  });
});
