import { type Participant, type SwarmTeam } from '../definition/team-definition';
import { nextStep } from '../next-step';
import { aRun, type Line, play } from '../testing/play';
import { aTurn } from '../testing/turn-records';

const team = (changes: Partial<SwarmTeam<Participant>> = {}): SwarmTeam<Participant> => ({
  type: 'swarm',
  participants: ['A', 'B', 'C'],
  after_reply: 'stay',
  max_stay: 3,
  handoff_by: 'auto',
  max_turns: 8,
  ...changes,
});

const to = (handoff: string): Line => ({ handoff });

const swarmOf = (changes: Partial<SwarmTeam<Participant>>, say: Record<string, readonly Line[]> = {}) =>
  play(aRun(team(changes)), { say });

const plannedAfter = (changes: Partial<SwarmTeam<Participant>>, speaker: string, handoff: string | null) => {
  const step = nextStep(aRun(team(changes)), [aTurn(1, speaker, { handoff })]);
  return step.kind === 'turns' ? step.turns[0] : undefined;
};

describe('swarm', () => {
  it('begins with the first participant', () => {
    const step = nextStep(aRun(team()), []);
    expect(step).toMatchObject({
      kind: 'turns',
      turns: [{ speaker: 'A', choice: { method: 'first', candidates: ['A'] } }],
    });
  });

  it('goes to whom the speaker hands over, and tells so', () => {
    const { order, records } = swarmOf({ max_turns: 4 }, { A: [to('C')], B: [to('A')], C: [to('B')] });
    expect(order.join('')).toBe('ACBA');
    expect(records[1]?.choice).toMatchObject({ method: 'handoff', candidates: ['B', 'C'] });
    expect(plannedAfter({ handoffs: { A: ['C', 'user'] } }, 'A', 'C')?.choice.candidates).toEqual(['C']);
  });

  it('takes a handoff without any words', () => {
    expect(swarmOf({ max_turns: 2 }, { A: [{ text: '', handoff: 'B' }] }).order.join('')).toBe('AB');
  });

  it('uses a handoff up with the move that follows it (trap: an old handoff counts for ever)', () => {
    const { order, records } = swarmOf({ max_turns: 4 }, { A: [to('B')] });
    expect(order.join('')).toBe('ABBB');
    expect(records[2]?.choice).toMatchObject({ method: 'after_reply', candidates: ['B'] });
  });

  describe('whom a turn may hand over to', () => {
    it('is everybody else for whoever is not named, but not the user', () => {
      expect(plannedAfter({}, 'A', 'B')?.task).toEqual({
        kind: 'reply',
        handoffs: { targets: ['A', 'C'], by: 'auto' },
      });
    });

    it('is who is listed, in the order of the team, without oneself, strangers and doubles', () => {
      const handoffs = { B: ['user', 'C', 'B', 'nobody', 'A', 'C'] };
      expect(plannedAfter({ handoffs, handoff_by: 'json' }, 'A', 'B')?.task).toEqual({
        kind: 'reply',
        handoffs: { targets: ['A', 'C', 'user'], by: 'json' },
      });
    });

    it('is not asked for at all when there is nobody', () => {
      expect(plannedAfter({ handoffs: { B: [] } }, 'A', 'B')?.task).toEqual({ kind: 'reply' });
      expect(plannedAfter({ participants: ['A'] }, 'A', null)?.task).toEqual({ kind: 'reply' });
    });
  });

  describe('a handoff to user', () => {
    it('ends the team where it is listed', () => {
      const handoffs = { A: ['B', 'user'] };
      expect(swarmOf({ handoffs }, { A: [to('user')] })).toMatchObject({
        order: ['A'],
        last: { kind: 'end', reason: { type: 'handoff', turn: 1, detail: 'user' } },
      });
    });

    it('counts as none where it is not', () => {
      expect(plannedAfter({}, 'A', 'user')).toMatchObject({
        speaker: 'A',
        choice: { method: 'after_reply' },
      });
    });
  });

  it.each([
    ['nobody', {}],
    ['A', {}],
    ['C', { handoffs: { A: ['B'] } }],
  ])(
    'takes a handoff that may not be for none: to %s (trap: an unknown target ends the run)',
    (handoff, changes) => {
      expect(plannedAfter(changes, 'A', handoff)).toMatchObject({
        speaker: 'A',
        choice: { method: 'after_reply', candidates: ['A'] },
      });
    },
  );

  describe('after a reply that hands nothing over', () => {
    it('stays for max_stay moves, then goes on in order (trap: it talks to itself until a limit)', () => {
      expect(swarmOf({ max_turns: 8 }).order.join('')).toBe('AAABBBCC');
      expect(swarmOf({ max_turns: 4, max_stay: 1 }).order.join('')).toBe('ABCA');
    });

    it('counts moves in a row however they came', () => {
      expect(swarmOf({ max_turns: 5, max_stay: 2 }, { A: [to('B')] }).order.join('')).toBe('ABBCC');
      const say = { A: [to('B')], B: ['more', to('A'), 'more'] };
      expect(swarmOf({ max_turns: 7, max_stay: 2 }, say).order.join('')).toBe('ABBABBC');
    });

    it('goes back to the first with first', () => {
      const say = { A: [to('B'), to('C'), to('B')] };
      expect(swarmOf({ after_reply: 'first', max_turns: 6 }, say).order.join('')).toBe('ABACAB');
    });

    it('lets a first that never hands over hear everybody in turn (trap: it talks to itself until a limit)', () => {
      expect(swarmOf({ after_reply: 'first', max_stay: 1, max_turns: 8 }).order.join('')).toBe('ABACABAC');
      expect(swarmOf({ after_reply: 'first', max_stay: 2, max_turns: 8 }).order.join('')).toBe('AABAACAA');
    });

    it.each(['stay', 'first'] as const)('lets one alone speak on with %s', (after_reply) => {
      expect(swarmOf({ participants: ['A'], after_reply, max_stay: 1, max_turns: 3 }).order.join('')).toBe(
        'AAA',
      );
    });
  });

  describe('with a nested team', () => {
    const inner: Participant = { type: 'round_robin', name: 'inner', participants: ['X', 'Y'], max_turns: 2 };
    const participants = ['A', inner, 'C'];

    it('takes the handoff of the last turn of its visit', () => {
      const say = { A: [to('inner')], X: [to('A')], Y: [to('C')] };
      expect(swarmOf({ participants, max_turns: 4 }, say).order.join('')).toBe('AXYC');
    });

    it.each(['X', 'inner', 'user'])('takes a handoff to %s, who is no other member, for none', (handoff) => {
      const handoffs = { inner: ['A', 'C', 'user'] };
      const say = { A: [to('inner')], Y: [to(handoff)] };
      const { order } = swarmOf({ participants, handoffs, max_stay: 1, max_turns: 4 }, say);
      expect(order.join('')).toBe('AXYC');
    });

    it('passes it over when it stays and has nothing new (trap: a nested team with no new message crashes)', () => {
      const { order } = swarmOf({ participants, max_stay: 2, max_turns: 5 }, { A: [to('inner')] });
      expect(order).toEqual(['A', 'X', 'Y', '(inner)', 'C']);
    });

    it('gives its agents no handoffs of the team around it', () => {
      const { steps } = swarmOf({ participants, max_turns: 2 }, { A: [to('inner')] });
      expect(steps[1]?.[0]?.task).toEqual({ kind: 'reply' });
    });
  });

  it('goes on from any of its turns as if it had not been interrupted', () => {
    const run = aRun(team({ max_turns: 12, max_stay: 2, handoffs: { A: ['C'] } }));
    const say = { A: ['a', to('C')], B: [to('A'), 'b'], C: ['c', 'c', to('B')] };
    const whole = play(run, { say });
    for (const { turn } of whole.records) {
      const { records } = play(run, { say, breakAfter: turn });
      expect(play(run, { say, after: records }).records).toEqual(whole.records);
    }
  });
});
