import {
  type GraphEdge,
  type GraphNode,
  type Participant,
  type GraphTeam,
} from '../definition/team-definition';
import { type StopRule } from '../definition/stop-rule';
import { nextStep } from '../next-step';
import { aRun, type Line, play } from '../testing/play';
import { aTurn, turns } from '../testing/turn-records';

type Node = string | (Partial<GraphNode<Participant>> & { readonly id: string });

/** Edges in short form: `A>B`, and `A>B if YES`, `A>B unless YES`, `A>B else`. */
const edge = (short: string): GraphEdge => {
  const [path = '', ...rest] = short.split(' ');
  const [from = '', to = ''] = path.split('>');
  const [word, text = ''] = rest;
  const when = { if: { contains: text }, unless: { not_contains: text }, else: { otherwise: true } } as const;
  return word === undefined ? { from, to } : { from, to, when: when[word as keyof typeof when] };
};

const graph = (
  nodes: readonly Node[],
  edges: ReadonlyArray<string | GraphEdge>,
  changes: Partial<GraphTeam<Participant>> = {},
): GraphTeam<Participant> => ({
  type: 'graph',
  nodes: nodes.map((node) => ({ join: 'all', ...(typeof node === 'string' ? { id: node } : node) })),
  edges: edges.map((each) => (typeof each === 'string' ? edge(each) : each)),
  ...changes,
});

type Say = Readonly<Record<string, readonly Line[]>>;

const stepsOf = (team: GraphTeam<Participant>, say: Say = {}, stop: StopRule | null = null) => {
  const { order, last } = play(aRun(team, { stop }), { say });
  return { order: order.join(' '), last };
};
const complete = { kind: 'end', reason: { type: 'graph_complete' } };

const DIAMOND = ['A>B', 'A>C', 'B>D', 'C>D'];

describe('graph', () => {
  describe('steps', () => {
    it('runs nodes one after the other along the edges, and is complete at the end', () => {
      expect(stepsOf(graph(['A', 'B', 'C'], ['A>B', 'B>C']))).toMatchObject({
        order: 'A B C',
        last: { kind: 'end', reason: { type: 'graph_complete', turn: 3 } },
      });
    });

    it('runs nodes that are ready together side by side, and joins after all of them', () => {
      expect(stepsOf(graph(['A', 'B', 'C', 'D'], DIAMOND))).toMatchObject({
        order: 'A B+C D',
        last: complete,
      });
    });

    it('puts nodes of a step in the order of the graph, whatever the order of the edges', () => {
      expect(stepsOf(graph(['C', 'A', 'B', 'D'], DIAMOND)).order).toBe('A C+B D');
    });

    it('begins with all nodes without incoming edges, or with those that are named', () => {
      expect(stepsOf(graph(['A', 'B', 'C'], ['A>C', 'B>C'])).order).toBe('A+B C');
      expect(stepsOf(graph(['A', 'B', 'C'], ['A>B', 'B>C'], { start: ['B'] })).order).toBe('B C');
    });

    it('is complete at once when it has no beginning', () => {
      expect(stepsOf(graph(['A', 'B'], ['A>B', 'B>A']))).toMatchObject({ order: '', last: complete });
    });

    it('lets an agent run in several nodes', () => {
      const nodes = [
        { id: 'draft', run: 'A' },
        { id: 'final', run: { agent: 'A', instruction: 'Finish.' } },
      ];
      const { records, steps } = play(aRun(graph(nodes, ['draft>final'])));
      expect(records.map(({ speaker, place }) => [speaker, place[0]?.member])).toEqual([
        ['A', 'draft'],
        ['A', 'final'],
      ]);
      expect(steps[1]?.[0]?.as).toEqual({ type: 'agent', name: 'A', instruction: 'Finish.' });
    });

    it('tells how each node came to run', () => {
      const { records } = play(aRun(graph(['A', 'B', 'C', 'D'], DIAMOND)));
      expect(records.map(({ choice: { method, candidates } }) => [method, candidates.join('')])).toEqual([
        ['first', 'A'],
        ['step', 'BC'],
        ['step', 'BC'],
        ['edge', 'D'],
      ]);
    });
  });

  describe('conditions', () => {
    const fork = graph(['A', 'B', 'C'], ['A>B if YES', 'A>C else']);

    it.each<[Line, string]>([
      ['oh YES', 'A B'],
      ['no', 'A C'],
      ['', 'A C'],
    ])('choose by the last message: after %j %s', (line, order) => {
      expect(stepsOf(fork, { A: [line] })).toMatchObject({ order, last: complete });
    });

    it('choose by a field of the structured answer', () => {
      const team = graph(
        ['A', 'B', 'C'],
        [{ from: 'A', to: 'B', when: { field: 'ok', equals: true } }, 'A>C else'],
      );
      expect(stepsOf(team, { A: [{ parsed: { ok: true } }] }).order).toBe('A B');
      expect(stepsOf(team, { A: [{ parsed: null }] }).order).toBe('A C');
    });

    it('open every edge that holds, and otherwise only when no other is taken', () => {
      const team = graph(['A', 'B', 'C', 'D'], ['A>B if YES', 'A>C', 'A>D else']);
      expect(stepsOf(team, { A: ['YES'] }).order).toBe('A B+C');
      expect(stepsOf(team, { A: ['no'] }).order).toBe('A C');
    });

    it('look at the last message of a nested team, though its last turn was empty', () => {
      const run: Participant = { type: 'round_robin', participants: ['X', 'Y'], max_turns: 2 };
      const team = graph([{ id: 'A', run }, 'B', 'C'], ['A>B if YES', 'A>C else']);
      expect(stepsOf(team, { X: ['YES'], Y: [''] }).order).toBe('X Y B');
    });

    it('fail the run, naming the node, when none of its edges is open (trap: the run ends silently as complete)', () => {
      const { order, last } = stepsOf(graph(['A', 'Judge', 'C'], ['A>Judge', 'Judge>C if YES']), {
        Judge: ['no'],
      });
      expect(order).toBe('A Judge');
      expect(last).toMatchObject({ kind: 'fail', code: 'NO_OPEN_EDGE' });
      expect(last).toHaveProperty('message', expect.stringContaining('"Judge"'));
    });

    it('fail it though a sibling of the same step found an open edge', () => {
      const team = graph(['A', 'B', 'C'], ['A>C', 'B>C if YES']);
      expect(stepsOf(team)).toMatchObject({ order: 'A+B', last: { kind: 'fail' } });
    });
  });

  describe('joins', () => {
    /** A fast branch A>D, and a slow one A>B>C>D. */
    const race = (join: 'all' | 'any', groups: readonly [string?, string?] = []) =>
      graph(
        ['A', 'B', 'C', { id: 'D', join }],
        [
          { from: 'A', to: 'D', ...(groups[0] ? { group: groups[0] } : {}) },
          'A>B',
          'B>C',
          { from: 'C', to: 'D', ...(groups[1] ? { group: groups[1] } : {}) },
        ],
      );

    it('wait for all branches with all', () => {
      expect(stepsOf(race('all'))).toMatchObject({ order: 'A B C D', last: complete });
    });

    it('run at the first with any, and again for what arrives later', () => {
      expect(stepsOf(race('any'))).toMatchObject({ order: 'A B+D C D', last: complete });
    });

    it('run once with any when several arrive in one step', () => {
      const team = graph(['A', 'B', 'C', { id: 'D', join: 'any' }], DIAMOND);
      expect(stepsOf(team)).toMatchObject({ order: 'A B+C D', last: complete });
    });

    it('join within their group; each group alone lets the node run', () => {
      expect(stepsOf(race('all', ['fast', 'slow'])).order).toBe('A B+D C D');
      expect(stepsOf(race('all', ['fast', 'fast'])).order).toBe('A B C D');
      expect(stepsOf(race('all', ['fast'])).order).toBe('A B+D C D');
    });

    it('wait for all of a group only', () => {
      const team = graph(
        ['A', 'B', 'C', 'D', 'E'],
        [
          { from: 'A', to: 'E', group: 'one' },
          { from: 'B', to: 'E', group: 'one' },
          'B>C',
          'C>D',
          { from: 'D', to: 'E', group: 'two' },
        ],
      );
      expect(stepsOf(team).order).toBe('A+B C+E D E');
    });

    it('start with what has arrived when a branch was not taken (trap: an empty ready queue ends the run)', () => {
      const team = graph(['A', 'B', 'C', 'D'], ['A>B', 'A>C if YES', 'B>D', 'C>D']);
      expect(stepsOf(team, { A: ['no'] })).toMatchObject({ order: 'A B D', last: complete });
      expect(stepsOf(team, { A: ['YES'] })).toMatchObject({ order: 'A B+C D', last: complete });
    });

    it('do so only when nothing else can run', () => {
      const team = graph(['A', 'X', 'B', 'C', 'D'], ['A>B', 'A>X if YES', 'X>D', 'A>D', 'B>C']);
      expect(stepsOf(team, { A: ['no'] }).order).toBe('A B C D');
    });

    it('wait on for another waiting join that may still reach them', () => {
      const team = graph(
        ['A', 'X', 'last', 'middle'],
        ['A>X if YES', 'X>middle', 'A>middle', 'middle>last', 'A>last'],
      );
      expect(stepsOf(team, { A: ['no'] })).toMatchObject({ order: 'A middle last', last: complete });
    });

    it('run the first of those that wait for each other in a circle', () => {
      const team = graph(
        ['A', 'after', 'B', 'C'],
        ['A>B', 'A>C', 'B>C', 'C>B if AGAIN', 'B>after', 'A>after', 'C>after else'],
      );
      expect(stepsOf(team)).toMatchObject({ order: 'A B C after', last: complete });
    });
  });

  describe('loops', () => {
    const loop = graph(
      ['writer', 'reviewer', 'printer'],
      ['writer>reviewer', 'reviewer>printer if OK', 'reviewer>writer else'],
      { start: ['writer'] },
    );

    it('run nodes again until the condition holds', () => {
      expect(stepsOf(loop, { reviewer: ['no', 'no', 'OK'] })).toMatchObject({
        order: 'writer reviewer writer reviewer writer reviewer printer',
        last: complete,
      });
    });

    it('look at the last message only, not at an earlier one', () => {
      const team = graph(['A', 'B', 'C'], ['A>B', 'B>A unless DONE', 'B>C else'], { start: ['A'] });
      expect(stepsOf(team, { A: ['DONE'], B: ['x', 'y', 'DONE'] }).order).toBe('A B A B A B C');
    });

    it('need no groups: an edge back into a node with others does not block its first run', () => {
      const team = graph(['A', 'B', 'C', 'D'], ['A>B', 'B>C', 'C>B if AGAIN', 'C>D else']);
      expect(stepsOf(team, { C: ['AGAIN', 'AGAIN', 'fine'] }).order).toBe('A B C B C B C D');
    });

    it('join anew in each round', () => {
      const team = graph(['A', 'B', 'C', 'D', 'E'], [...DIAMOND, 'D>A if AGAIN', 'D>E else'], {
        start: ['A'],
      });
      expect(stepsOf(team, { D: ['AGAIN', 'fine'] })).toMatchObject({
        order: 'A B+C D A B+C D E',
        last: complete,
      });
    });

    it('end by the limit of turns at the latest', () => {
      expect(stepsOf(loop, {}, { type: 'max_turns', turns: 5 })).toMatchObject({
        order: 'writer reviewer writer reviewer writer',
        last: { reason: { type: 'max_turns', turn: 5 } },
      });
      expect(stepsOf(loop).last).toMatchObject({ reason: { type: 'max_turns', detail: 'MAX_TURNS' } });
    });
  });

  describe('stop rules', () => {
    const team = graph(['A', 'B', 'C', 'D'], DIAMOND);
    const done: StopRule = { type: 'text', text: 'DONE' };

    it.each(['B', 'C'])(
      'see the reply of %s too (trap: only the last finisher of a step is looked at)',
      (name) => {
        expect(stepsOf(team, { [name]: ['DONE'] }, done)).toMatchObject({
          order: 'A B+C',
          last: { kind: 'end', reason: { type: 'text', turn: name === 'B' ? 2 : 3 } },
        });
      },
    );

    it('come before the end of the graph (trap: an empty ready queue is looked at first)', () => {
      expect(stepsOf(team, { D: ['DONE'] }, done).last).toMatchObject({ reason: { type: 'text', turn: 4 } });
    });

    it('come before a node without an open edge', () => {
      const open = graph(['A', 'B'], ['A>B if YES']);
      expect(stepsOf(open, { A: ['DONE'] }, done).last).toMatchObject({
        kind: 'end',
        reason: { type: 'text' },
      });
    });

    it('cut a step to the turns that are left', () => {
      expect(stepsOf({ ...team, max_turns: 2 }).order).toBe('A B');
    });
  });

  describe('restore', () => {
    const rich = graph(
      ['A', 'B', 'C', { id: 'D', join: 'any' }, 'E', 'F'],
      [...DIAMOND, 'A>E', 'D>E', 'E>A if AGAIN', 'E>F else'],
      { start: ['A'], max_turns: 40 },
    );
    const say: Say = { E: ['AGAIN', 'AGAIN', 'fine'] };

    it('goes on after any step as if it had not been interrupted (trap: triggered joins are lost)', () => {
      const run = aRun(rich);
      const whole = play(run, { say });
      expect(whole.order.length).toBeGreaterThan(8);
      for (const { turn } of whole.records) {
        const { records } = play(run, { say, breakAfter: turn });
        expect(play(run, { say, after: records })).toMatchObject({
          records: whole.records,
          last: whole.last,
        });
      }
    });

    it('finishes a step that a limit cut when it may go on', () => {
      const cut = play(aRun({ ...graph(['A', 'B', 'C', 'D'], DIAMOND), max_turns: 2 }));
      const { order, records } = play(aRun(graph(['A', 'B', 'C', 'D'], DIAMOND)), { after: cut.records });
      expect([...cut.order, ...order]).toEqual(['A', 'B', 'C', 'D']);
      expect(records[2]?.choice).toMatchObject({ method: 'step', candidates: ['B', 'C'] });
    });

    it('is a fold over what was said, not over who took part', () => {
      const team = graph(['A', 'B', 'C'], ['A>B if YES', 'A>C else']);
      expect(nextStep(aRun(team), turns('A: YES'))).toMatchObject({ turns: [{ speaker: 'B' }] });
      expect(nextStep(aRun(team), turns('A: no'))).toMatchObject({ turns: [{ speaker: 'C' }] });
    });
  });

  describe('nested teams', () => {
    const inner = (name: string, ...participants: string[]): Participant => ({
      type: 'round_robin',
      name,
      participants,
      max_turns: participants.length,
    });

    it('run side by side, each at its own pace, and are waited for', () => {
      const team = graph(
        ['A', { id: 'B', run: inner('b', 'X', 'Y', 'Z') }, { id: 'C', run: inner('c', 'U', 'V') }, 'D'],
        DIAMOND,
      );
      expect(stepsOf(team)).toMatchObject({ order: 'A X+U Y+V Z D', last: complete });
    });

    it('are passed over when nobody has said anything since (trap: a nested team with no new message crashes)', () => {
      const team = graph(['A', { id: 'B', run: inner('b', 'X') }], ['A>B', 'B>A if GO', 'B>B else'], {
        start: ['A'],
        max_turns: 4,
      });
      expect(stepsOf(team).order).toBe('A X (B) (B)');
    });

    it('fail the run when a node in them has no open edge', () => {
      const run = graph(['X', 'Y'], ['X>Y if YES'], { name: 'inner' });
      expect(stepsOf(graph(['A', { id: 'B', run }], ['A>B'])).last).toMatchObject({ code: 'NO_OPEN_EDGE' });
    });
  });

  it('counts moves of nodes that share an agent apart', () => {
    const nodes = [{ id: 'one', run: 'A' }, { id: 'two', run: 'A' }, 'B'];
    const team = graph(nodes, ['one>B', 'two>B']);
    const after = [aTurn(1, 'A', { place: [{ member: 'one', move: 1 }] })];
    expect(nextStep(aRun(team), after)).toMatchObject({ turns: [{ place: [{ member: 'two', move: 2 }] }] });
  });
});
