import { type EngineDefinition, type EnginePart, type PanelTeam } from '../definition/team-definition';
import { aRun, type Line, play, type Script } from '../testing/play';
import { nextStep } from '../next-step';

const aPanel = (changes: Partial<PanelTeam<EnginePart>> = {}): PanelTeam<EnginePart> => ({
  type: 'panel',
  participants: ['Ann', 'Ben', 'Cleo'],
  vote: 'majority',
  threshold: 0,
  may_abstain: true,
  ties: 'first',
  ...changes,
});

/** A ballot; no names = abstained. */
const ballot = (...ranking: string[]): Line => ({ parsed: { ranking } });

/** Plays a panel in which each votes like this, one ballot after the other. */
function run(
  changes: Partial<PanelTeam<EnginePart>>,
  ballots: Readonly<Record<string, readonly Line[]>> = {},
) {
  return play(aRun(aPanel(changes)), { say: voting(ballots) });
}

function voting(ballots: Readonly<Record<string, readonly Line[]>>): NonNullable<Script['say']> {
  const cast = new Map<string, number>();
  return (_turn, { task, speaker }) => {
    if (task.kind !== 'ballot' || speaker === null) {
      return undefined;
    }
    const count = cast.get(speaker) ?? 0;
    cast.set(speaker, count + 1);
    return ballots[speaker]?.[count] ?? ballot();
  };
}

const VOTES_FOR_BEN = { Ann: [ballot('Ben')], Ben: [ballot('Ben')], Cleo: [ballot('Cleo')] };
const A_TIE = { Ann: [ballot('Ben')], Ben: [ballot('Cleo')], Cleo: [ballot()] };

describe('panel', () => {
  it('has everybody answer side by side, then vote side by side, and ends with the winner', () => {
    const { order, steps, last } = run({}, VOTES_FOR_BEN);
    expect(order).toEqual(['Ann+Ben+Cleo', 'Ann+Ben+Cleo']);
    expect(steps[0]?.map(({ task, choice }) => [task.kind, choice.method])).toEqual(
      Array.from({ length: 3 }, () => ['reply', 'step']),
    );
    expect(steps[1]?.map(({ task, choice }) => [task.kind, choice.method])).toEqual(
      Array.from({ length: 3 }, () => ['ballot', 'vote']),
    );
    expect(last).toEqual({ kind: 'end', reason: { type: 'vote', turn: 6, detail: 'Ben' } });
  });

  it('lets the chair speak last and tells it the result', () => {
    const { order, steps, last } = run({ chair: { agent: 'Chair', instruction: 'Be kind.' } }, VOTES_FOR_BEN);
    expect(order.slice(2)).toEqual(['Chair']);
    expect(steps[2]).toMatchObject([
      {
        as: { instruction: 'Be kind.' },
        choice: { method: 'only_candidate', candidates: ['Chair'] },
        task: {
          kind: 'reply',
          instruction: expect.stringContaining('Votes:\n- Ann: 0\n- Ben: 2\n- Cleo: 1\nThe winner is: Ben'),
        },
      },
    ]);
    expect(last).toMatchObject({ reason: { type: 'vote', turn: 7, detail: 'Ben' } });
  });

  describe('without a vote', () => {
    it('ends after the answers', () => {
      expect(run({ vote: 'none' })).toMatchObject({
        order: ['Ann+Ben+Cleo'],
        last: { reason: { type: 'panel_complete', turn: 3 } },
      });
    });

    it('ends after the word of the chair', () => {
      expect(run({ vote: 'none', chair: 'Chair' })).toMatchObject({
        order: ['Ann+Ben+Cleo', 'Chair'],
        last: { reason: { type: 'panel_complete', turn: 4 } },
      });
    });
  });

  describe('what is voted on', () => {
    const taskOf = (changes: Partial<PanelTeam<EnginePart>>, say: Script['say'] = {}) =>
      play(aRun(aPanel(changes)), { say }).steps[1]?.[0]?.task;

    it("is the answers, one's own included, by the names of those who gave one", () => {
      expect(taskOf({}, { Ben: [''] })).toEqual({
        kind: 'ballot',
        instruction:
          'Now vote for the best answer. Each answer stands under the name of the one who gave it, and your own may be chosen, too.\nThe options are:\n- Ann\n- Cleo\nChoose exactly one of the options.\nIf you cannot decide, abstain.',
        ballot: { options: ['Ann', 'Cleo'], isRanked: false, mayAbstain: true },
      });
    });

    it('is the options of the team, even if nobody said anything', () => {
      const options = ['yes', 'no'];
      expect(taskOf({ options, vote: 'ranked', may_abstain: false }, () => '')).toEqual({
        kind: 'ballot',
        instruction:
          'Now vote.\nThe options are:\n- yes\n- no\nPut all options in order, from the best to the worst.',
        ballot: { options, isRanked: true, mayAbstain: false },
      });
    });

    it.each([undefined, 'Chair'])('is nothing when nobody said anything (chair: %s)', (chair) => {
      const { order, last } = play(aRun(aPanel(chair ? { chair } : {})), { say: () => '' });
      expect(order).toEqual(['Ann+Ben+Cleo']);
      expect(last).toMatchObject({ reason: { type: 'panel_complete', turn: 3 } });
    });
  });

  describe('counting', () => {
    const options = ['x', 'y', 'z'];

    it.each<[string, Partial<PanelTeam<EnginePart>>, string[], string[], string[], string | undefined]>([
      ['most votes', {}, ['y'], ['y'], ['z'], 'y'],
      ['most votes, whatever the weights', { weights: { Cleo: 9 } }, ['y'], ['y'], ['z'], 'y'],
      ['weights', { vote: 'weighted', weights: { Cleo: 2.5 } }, ['y'], ['y'], ['z'], 'z'],
      ['weights of 0', { vote: 'weighted', weights: { Ann: 0, Ben: 0 } }, ['y'], ['y'], ['z'], 'z'],
      ['a run-off', { vote: 'ranked', ties: 'none' }, ['x', 'y'], ['y', 'x'], ['y', 'z'], 'y'],
      ['the votes cast', { threshold: 1 }, ['y'], [], ['nonsense'], 'y'],
      ['a threshold that is reached', { threshold: 0.6 }, ['y'], ['y'], ['z'], 'y'],
      ['a threshold that is not reached', { threshold: 0.7 }, ['y'], ['y'], ['z'], undefined],
      ['no votes', {}, [], [], [], undefined],
    ])('goes by %s', (_what, changes, ann, ben, cleo, winner) => {
      const { last } = run(
        { options, ...changes },
        { Ann: [ballot(...ann)], Ben: [ballot(...ben)], Cleo: [ballot(...cleo)] },
      );
      expect(last).toEqual({
        kind: 'end',
        reason: { type: 'vote', turn: 6, ...(winner === undefined ? {} : { detail: winner }) },
      });
    });

    it.each([null, 'y', { ranking: 'y' }, { ranking: [1, null] }, { vote: 'y' }, ['y']])(
      'takes %j as an abstention',
      (parsed) => {
        const { last } = run({ options }, { Ann: [{ parsed }], Ben: [{ parsed }], Cleo: [ballot('z')] });
        expect(last).toMatchObject({ reason: { detail: 'z' } });
      },
    );

    it('tells the chair when nobody has won, and the last count of a run-off', () => {
      const { steps } = run(
        { options, chair: 'Chair', vote: 'ranked', threshold: 0.9 },
        { Ann: [ballot('x')], Ben: [ballot('x')], Cleo: [ballot('z', 'x')] },
      );
      expect(steps[2]?.[0]?.task.instruction).toContain(
        'Votes in the last count of the run-off:\n- x: 2\n- z: 1\nNobody has won.',
      );
    });
  });

  describe('ties', () => {
    it('go to the first in order', () => {
      expect(run({ ties: 'first' }, A_TIE).last).toMatchObject({ reason: { detail: 'Ben' } });
    });

    it('may leave nobody as the winner', () => {
      expect(run({ ties: 'none' }, A_TIE).last).toEqual({ kind: 'end', reason: { type: 'vote', turn: 6 } });
    });

    it('by lot are decided by the seed of the run, and the turn of the chair changes nothing', () => {
      const winners = new Set<string>();
      for (let rootSeed = 1; rootSeed <= 20; rootSeed += 1) {
        const { last, steps } = play(aRun(aPanel({ ties: 'random', chair: 'Chair' }), { rootSeed }), {
          say: voting(A_TIE),
        });
        const winner = last.kind === 'end' ? String(last.reason.detail) : '';
        expect(steps[2]?.[0]?.task.instruction).toContain(`The winner is: ${winner}\n`);
        winners.add(winner);
      }
      expect([...winners].toSorted()).toEqual(['Ben', 'Cleo']);
    });

    describe('by the chair', () => {
      const team: Partial<PanelTeam<EnginePart>> = { ties: 'chair', chair: 'Chair' };

      it('are decided by a ballot of it among those tied', () => {
        const { order, steps, last } = run(team, { ...A_TIE, Chair: [ballot('Cleo')] });
        expect(order.slice(2)).toEqual(['Chair', 'Chair']);
        expect(steps[2]).toMatchObject([
          {
            choice: { method: 'vote', candidates: ['Chair'] },
            task: {
              kind: 'ballot',
              instruction: expect.stringMatching(/^The vote was a tie\.\n/),
              ballot: { options: ['Ben', 'Cleo'], isRanked: false, mayAbstain: false },
            },
          },
        ]);
        expect(steps[3]?.[0]?.task).toMatchObject({
          kind: 'reply',
          instruction: expect.stringContaining('The winner is: Cleo'),
        });
        expect(last).toMatchObject({ reason: { detail: 'Cleo' } });
      });

      it.each([
        ['it says nothing', ballot()],
        ['it names one that is not tied', ballot('Ann')],
      ])('go to the first in order when %s', (_what, vote) => {
        expect(run(team, { ...A_TIE, Chair: [vote] }).last).toMatchObject({ reason: { detail: 'Ben' } });
      });

      it('go to the first in order when there is none', () => {
        expect(run({ ties: 'chair' }, A_TIE)).toMatchObject({
          order: ['Ann+Ben+Cleo', 'Ann+Ben+Cleo'],
          last: { reason: { detail: 'Ben' } },
        });
      });

      it('are not its to decide when nobody has the share that is needed, or nobody is tied', () => {
        expect(run({ ...team, threshold: 0.6 }, A_TIE)).toMatchObject({
          order: ['Ann+Ben+Cleo', 'Ann+Ben+Cleo', 'Chair'],
          last: { reason: { type: 'vote', turn: 7 } },
        });
        expect(run(team, VOTES_FOR_BEN).order).toHaveLength(3);
      });
    });

    describe('by a second vote', () => {
      const again = (
        ann: string[],
        ben: string[],
        cleo: string[],
        changes: Partial<PanelTeam<EnginePart>> = {},
      ) =>
        run(
          { ties: 'revote', ...changes },
          {
            Ann: [ballot('Ben'), ballot(...ann)],
            Ben: [ballot('Cleo'), ballot(...ben)],
            Cleo: [ballot(), ballot(...cleo)],
          },
        );

      it('are voted on once more by everybody, among those tied', () => {
        const { order, steps, last } = again(['Ben'], ['Cleo'], ['Cleo']);
        expect(order).toEqual(['Ann+Ben+Cleo', 'Ann+Ben+Cleo', 'Ann+Ben+Cleo']);
        expect(steps[2]?.[0]?.task.ballot).toEqual({
          options: ['Ben', 'Cleo'],
          isRanked: false,
          mayAbstain: true,
        });
        expect(last).toEqual({ kind: 'end', reason: { type: 'vote', turn: 9, detail: 'Cleo' } });
      });

      it('go to the first in order when it is a tie again, or nobody votes', () => {
        expect(again(['Cleo'], ['Ben'], []).last).toMatchObject({ reason: { turn: 9, detail: 'Ben' } });
        expect(again([], [], ['Ann']).last).toMatchObject({ reason: { turn: 9, detail: 'Ben' } });
      });

      it('may bring the winner the share that it needs, or not', () => {
        expect(again(['Cleo'], ['Cleo'], ['Ben'], { threshold: 0.6 }).last).toMatchObject({
          reason: { detail: 'Cleo' },
        });
        expect(again(['Cleo'], ['Cleo'], ['Ben'], { threshold: 0.7 }).last).not.toHaveProperty(
          'reason.detail',
        );
      });

      it('is not needed when all but one are out', () => {
        expect(run({ ties: 'revote' }, VOTES_FOR_BEN).order).toHaveLength(2);
      });
    });
  });

  describe('nested teams', () => {
    const duo: EngineDefinition = {
      type: 'round_robin',
      name: 'duo',
      participants: ['Dan', 'Eva'],
      max_turns: 2,
    };

    it('answer by what they say last, can be voted for, and cast no vote', () => {
      const { order, steps, last } = run(
        { participants: ['Ann', duo] },
        { Ann: [ballot('duo')], Dan: [ballot('Ann')], Eva: [ballot('Ann')] },
      );
      expect(order).toEqual(['Ann+Dan', 'Eva', 'Ann']);
      expect(steps[2]?.[0]?.task.ballot?.options).toEqual(['Ann', 'duo']);
      expect(last).toMatchObject({ reason: { detail: 'duo' } });
    });

    it('alone hold a vote without voters', () => {
      expect(run({ participants: [duo] })).toMatchObject({
        order: ['Dan', 'Eva'],
        last: { reason: { type: 'vote', turn: 2 } },
      });
    });
  });

  it('never has its votes cut by max_turns, which do not count', () => {
    for (const rule of [{ max_turns: 4 }, { stop: { type: 'max_turns', turns: 4 } as const }]) {
      expect(run({ chair: 'Chair', ...rule }, VOTES_FOR_BEN)).toMatchObject({
        order: ['Ann+Ben+Cleo', 'Ann+Ben+Cleo', 'Chair'],
        last: { reason: { type: 'max_turns', turn: 7 } },
      });
    }
  });

  it('is cut short by max_turns in its answers', () => {
    expect(run({ max_turns: 2 }, VOTES_FOR_BEN)).toMatchObject({
      order: ['Ann+Ben'],
      last: { reason: { type: 'max_turns', turn: 2 } },
    });
  });

  it('is a fold: after each complete step it finds the same next one', () => {
    const team = aRun(aPanel({ ties: 'random', chair: 'Chair' }));
    const { records, steps, last } = play(team, { say: voting(A_TIE) });
    let taken = 0;
    for (const step of steps) {
      expect(nextStep(team, records.slice(0, taken))).toEqual({ kind: 'turns', turns: step });
      taken += step.length;
    }
    expect(nextStep(team, records)).toEqual(last);
  });
});
