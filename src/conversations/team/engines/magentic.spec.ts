import { type MagenticTeam } from '../definition/team-definition';
import { type Question } from '../engine';
import { nextStep } from '../next-step';
import { type LedgerVerdict } from '../speaker-choice';
import { aRun, play, type Script } from '../testing/play';
import { aTurn } from '../testing/turn-records';
import { MAX_HISTORY_CHARACTERS } from './question-text';

const aTeam = (changes: Partial<MagenticTeam> = {}): MagenticTeam => ({
  type: 'magentic',
  manager: 'Boss',
  participants: ['Ann', 'Ben'],
  max_stalls: 3,
  max_replans: 3,
  final_answer: true,
  ...changes,
});

interface Ledger extends Partial<LedgerVerdict> {
  readonly next_speaker?: string;
}

const aLedger = (changes: Ledger = {}) =>
  JSON.stringify({
    satisfied: false,
    in_loop: false,
    progress: true,
    next_speaker: 'Ann',
    instruction: 'Go on.',
    ...changes,
  });

const GOOD = aLedger();
const STALLED = aLedger({ progress: false });
const DONE = aLedger({ satisfied: true });

/** Answers to the ledger questions in their order; the last one is given ever after. */
const ledgers = (...answers: string[]): NonNullable<Script['answer']> => {
  let asked = 0;
  return () => answers[Math.min(asked++, answers.length - 1)] ?? '';
};

/** Plays a team; what is said tells who did what. */
function run(changes: Partial<MagenticTeam>, ...answers: string[]) {
  const played = play(aRun(aTeam(changes)), { answer: ledgers(...answers) });
  const kinds = played.records.map(({ kind, speaker }) => (kind === 'reply' ? speaker : kind)).join(' ');
  return { ...played, kinds };
}

/** The question that is open after these turns. */
function openQuestion(...args: Parameters<typeof nextStep>): Question {
  const step = nextStep(...args);
  const [open] = step.kind === 'ask' ? step.questions : [];
  if (!open) {
    throw new Error('There is no question.');
  }
  return open.question;
}

const plan = aTurn(1, 'Boss', { kind: 'plan', text: 'First Ann, then Ben.' });

describe('magentic', () => {
  it('begins with a plan of the manager, for which nobody is asked', () => {
    const roles = new Map([['Ann', 'You count.']]);
    expect(nextStep(aRun(aTeam(), { roles }), [])).toMatchObject({
      kind: 'turns',
      turns: [
        {
          speaker: 'Boss',
          choice: { method: 'manager', candidates: ['Boss'], attempts: 0 },
          task: { kind: 'plan', instruction: expect.stringContaining('Ann: You count.\nBen:') },
        },
      ],
    });
  });

  it('lets the ledger say who does what, and keeps its verdict in the choice', () => {
    const { steps, kinds } = run({}, aLedger({ next_speaker: 'Ben', instruction: 'Add it up.' }), DONE);
    expect(kinds).toBe('plan Ben final');
    expect(steps[1]).toMatchObject([
      {
        speaker: 'Ben',
        task: { kind: 'reply', instruction: 'Add it up.' },
        choice: {
          method: 'ledger',
          candidates: ['Ann', 'Ben'],
          attempts: 1,
          ledger: { satisfied: false, in_loop: false, progress: true, instruction: 'Add it up.' },
        },
      },
    ]);
  });

  it('gives the final answer when the task is done, and tells from its choice that it was', () => {
    const { steps, last } = run({}, GOOD, DONE);
    expect(steps[2]).toMatchObject([
      {
        speaker: 'Boss',
        task: { kind: 'final' },
        choice: { method: 'manager', candidates: ['Boss'], attempts: 1, ledger: { satisfied: true } },
      },
    ]);
    expect(last).toEqual({ kind: 'end', reason: { type: 'satisfied', turn: 3 } });
  });

  it('ends at once when the task is done and no final answer is asked for', () => {
    expect(run({ final_answer: false }, GOOD, DONE)).toMatchObject({
      kinds: 'plan Ann',
      last: { reason: { type: 'satisfied', turn: 2 } },
    });
  });

  it('takes no task for done before anybody has worked on it', () => {
    expect(run({}, DONE)).toMatchObject({
      kinds: 'plan Ann final',
      steps: [{}, [{ choice: { ledger: { satisfied: false } } }], {}],
    });
  });

  it('ends after a final answer that is empty', () => {
    const final = aTurn(2, 'Boss', { kind: 'final', text: '' });
    expect(nextStep(aRun(aTeam()), [plan, final])).toMatchObject({ kind: 'end' });
  });

  describe('max_turns', () => {
    it.each([1, 2, 5])('%i means that many turns of participants (trap: one more is taken)', (max_turns) => {
      const { records, last } = run({ max_turns }, GOOD);
      expect(records.filter(({ kind }) => kind === 'reply')).toHaveLength(max_turns);
      expect(last).toMatchObject({ reason: { type: 'max_turns', turn: max_turns + 1 } });
    });

    it('does not count new plans, and leaves no turn for a final answer', () => {
      expect(run({ max_turns: 3, max_stalls: 1 }, STALLED).kinds).toBe('plan Ann plan Ann plan Ann');
    });

    it('counts anew in each visit of a nested team (trap: a second run stops at once)', () => {
      const nested = { ...aTeam({ max_turns: 2, max_stalls: 2 }), name: 'crew' };
      const { order } = play(
        aRun({ type: 'round_robin', participants: [nested, 'Cleo'], max_turns: 6 }, {}),
        {
          answer: ledgers(STALLED),
        },
      );
      expect(order).toEqual(['Boss', 'Ann', 'Ann', 'Cleo', 'Boss', 'Ann', 'Ann', 'Cleo']);
    });
  });

  describe('stalls', () => {
    it.each([
      ['no progress', STALLED],
      ['a loop', aLedger({ in_loop: true })],
    ])('plans anew after max_stalls rounds with %s', (_what, bad) => {
      const { kinds, steps } = run({ max_stalls: 2 }, GOOD, bad, bad, DONE);
      expect(kinds).toBe('plan Ann Ann plan final');
      expect(steps[3]).toMatchObject([
        {
          speaker: 'Boss',
          task: { kind: 'plan', instruction: expect.stringContaining('what went wrong') },
          choice: { method: 'manager', attempts: 1, ledger: { satisfied: false } },
        },
      ]);
    });

    it('lets a good round make up for a bad one, but not for later ones', () => {
      const { kinds } = run({ max_stalls: 2 }, GOOD, GOOD, GOOD, STALLED, GOOD, STALLED, STALLED, DONE);
      expect(kinds).toBe('plan Ann Ann Ann Ann Ann Ann plan final');
    });

    it('counts anew after a new plan (trap: the very next bad round plans again)', () => {
      const { kinds } = run({ max_stalls: 2 }, GOOD, STALLED, STALLED, GOOD, STALLED, GOOD, DONE);
      expect(kinds).toBe('plan Ann Ann plan Ann Ann Ann final');
    });

    it('does not count a verdict right after a plan, when there is no work to judge', () => {
      expect(run({ max_stalls: 1 }, STALLED, GOOD, DONE).kinds).toBe('plan Ann Ann final');
    });

    it('gives up after max_replans new plans, with a last word', () => {
      const { kinds, steps, last } = run({ max_stalls: 1, max_replans: 2 }, STALLED);
      expect(kinds).toBe('plan Ann plan Ann plan Ann final');
      expect(steps.at(-1)).toMatchObject([
        { task: { kind: 'final', instruction: expect.stringContaining('what is missing') } },
      ]);
      expect(last).toMatchObject({ reason: { type: 'gave_up', turn: 7 } });
    });

    it('gives up without a new plan and without a last word where there are to be none', () => {
      expect(run({ max_stalls: 1, max_replans: 0, final_answer: false }, STALLED)).toMatchObject({
        kinds: 'plan Ann',
        last: { reason: { type: 'gave_up', turn: 2 } },
      });
    });
  });

  describe('answers that cannot be used', () => {
    it.each([
      ['what is no JSON', 'Ann, please.'],
      ['an unknown speaker (trap: the run dies)', aLedger({ next_speaker: 'Zed' })],
      ['an empty answer', ''],
    ])('asks again after %s', (_what, unusable) => {
      const { steps } = run({ max_turns: 1 }, unusable, aLedger({ next_speaker: 'Ben' }));
      expect(steps[1]).toMatchObject([{ speaker: 'Ben', choice: { method: 'ledger', attempts: 2 } }]);
    });

    it('tells the model what was wrong and how to answer', () => {
      const { feedback } = openQuestion(aRun(aTeam()), [plan]);
      expect(feedback('next_speaker named nobody of the team.')).toMatch(
        /^next_speaker named nobody of the team\. Answer with JSON only.*: Ann, Ben\.$/,
      );
    });

    it('goes on in order when no answer is usable, and ends by itself though none ever is', () => {
      const { kinds, steps, last } = run({ max_stalls: 2, max_replans: 1 }, 'no idea');
      expect(kinds).toBe('plan Ann Ben plan Ann Ben final');
      expect(steps[2]).toMatchObject([
        {
          speaker: 'Ben',
          task: { kind: 'reply', instruction: 'Continue with the task.' },
          choice: { method: 'fallback', attempts: 3, ledger: { progress: false } },
        },
      ]);
      expect(last).toMatchObject({ reason: { type: 'gave_up' } });
    });
  });

  describe('its question', () => {
    const records = [
      plan,
      aTurn(2, 'Ann', { text: 'It is 7.' }),
      aTurn(3, 'Boss', { kind: 'plan', text: 'Now Ben alone.' }),
      aTurn(4, 'Ben', { text: '' }),
      aTurn(5, 'Ann', { text: 'Or 8.' }),
    ];
    const question = openQuestion(aRun(aTeam(), { task: 'Add 3 and 4.' }), records);
    const text = question.messages(MAX_HISTORY_CHARACTERS).at(-1)?.content ?? '';

    it('goes to the model of the manager', () => {
      expect(question).toMatchObject({
        purpose: 'ledger',
        method: 'ledger',
        asker: 'Boss',
        model: null,
        candidates: ['Ann', 'Ben'],
        maxAttempts: 3,
      });
    });

    it('holds the newest plan once, the task and what was said', () => {
      expect(text.match(/Now Ben alone\./g)).toHaveLength(1);
      expect(text).toContain('Your plan:\nNow Ben alone.\n');
      expect(text).toContain(
        'user: Add 3 and 4.\n\nBoss: First Ann, then Ben.\n\nAnn: It is 7.\n\nAnn: Or 8.\n',
      );
      expect(text).toMatch(/Answer with JSON only.*: Ann, Ben\.$/);
    });

    it('is bounded, whatever was said', () => {
      const long = Array.from({ length: 150 }, (_turn, index) =>
        aTurn(index + 2, 'Ann', { text: 'x'.repeat(1_000) }),
      );
      const wide = openQuestion(aRun(aTeam({ max_turns: 1_000 }), { task: 'y'.repeat(100_000) }), [
        { ...plan, text: 'z'.repeat(100_000) },
        ...long,
      ]);
      expect(
        wide
          .messages(MAX_HISTORY_CHARACTERS)
          .map(({ content }) => content)
          .join('').length,
      ).toBeLessThan(13_000);
    });
  });

  it('is a fold: from the same turns it finds the same step, wherever they were taken', () => {
    const { records } = run({ max_stalls: 1, max_replans: 2 }, STALLED);
    for (let taken = 1; taken < records.length; taken += 1) {
      const resumed = play(aRun(aTeam({ max_stalls: 1, max_replans: 2 })), {
        answer: ledgers(STALLED),
        after: records.slice(0, taken),
      });
      expect(resumed.records).toEqual(records);
    }
  });
});
