import { type StopLeaf, type StopRule } from '../definition/stop-rule';
import { aTurn, turns } from '../testing/turn-records';
import { type TurnRecord } from '../turn-record';
import { stopMet } from './stop-met';

/** The turn with which a rule came to hold, and what was met. */
const met = (rule: StopRule, records: readonly TurnRecord[]) => {
  const found = stopMet(rule, records, '/stop');
  return found && (found.detail === undefined ? found.turn : [found.turn, found.detail]);
};

type Rule<T extends StopLeaf['type']> = Extract<StopLeaf, { type: T }>;

describe('max_turns', () => {
  const rule: StopRule = { type: 'max_turns', turns: 2 };

  it('holds with the turn that fills it, empty and skipped ones included', () => {
    expect(met(rule, turns('A'))).toBeNull();
    expect(met(rule, turns('A', 'B: ', 'C'))).toBe(2);
    expect(met(rule, [aTurn(1, 'A'), aTurn(2, 'T', { kind: 'skip', state: 'skipped', text: '' })])).toBe(2);
  });

  it('does not count votes and what a manager does of its own', () => {
    const kinds = (['plan', 'ballot', 'reply', 'final', 'reply'] as const).map((kind, index) =>
      aTurn(index + 1, 'A', { kind }),
    );
    expect(met(rule, kinds)).toBe(5);
  });
});

describe('max_messages', () => {
  it('counts what was said only', () => {
    expect(met({ type: 'max_messages', messages: 2 }, turns('A', 'B: ', 'A: '))).toBeNull();
    expect(met({ type: 'max_messages', messages: 2 }, turns('A', 'B: ', 'C', 'A'))).toBe(3);
  });
});

describe('text', () => {
  const rule: Rule<'text'> = { type: 'text', text: 'DONE' };

  it.each([
    ['alone', 'A: DONE', true],
    ['amid a message', 'A: we are DONE, friends', true],
    ['as part of a word', 'A: ABANDONED xDONEx', true],
    ['in another case', 'A: done', false],
    ['in a name', 'DONE', false],
    ['in an empty turn', 'A: ', false],
  ])('is found %s: %s → %s', (_what, turn, holds) => {
    expect(met(rule, turns(turn))).toEqual(holds ? [1, 'DONE'] : null);
  });

  it('counts from the agents that are named only', () => {
    const records = turns('A: DONE', 'B: not yet', 'B: DONE');
    expect(met({ ...rule, from: ['B', 'C'] }, records)).toEqual([3, 'DONE']);
    expect(met({ ...rule, from: ['C'] }, records)).toBeNull();
  });

  it('takes signs of patterns as they are', () => {
    expect(met({ type: 'text', text: '.*' }, turns('A: x'))).toBeNull();
  });
});

describe('pattern', () => {
  const rule: Rule<'pattern'> = { type: 'pattern', pattern: 'answer = *\\d+', ignore_case: false };

  it('holds with the first message that it finds, and tells what it found', () => {
    expect(met(rule, turns('A: no', 'B: the answer =  42, I say', 'C: answer = 1'))).toEqual([
      2,
      'answer =  42',
    ]);
    expect(met(rule, turns('A: Answer = 42'))).toBeNull();
  });

  it('looks at case, line ends and speakers as it is told to', () => {
    expect(met({ ...rule, ignore_case: true }, turns('A: ANSWER = 42'))).toEqual([1, 'ANSWER = 42']);
    expect(met({ ...rule, pattern: '(?m)^DONE$' }, turns('A: x\nDONE\ny'))).toEqual([1, 'DONE']);
    expect(met({ ...rule, from: ['B'] }, turns('A: answer = 1', 'B: answer = 2'))).toEqual([2, 'answer = 2']);
  });

  it('finds nothing in a turn in which nothing was said', () => {
    expect(met({ ...rule, pattern: '^$|x*' }, turns('A: '))).toBeNull();
  });
});

describe('tokens', () => {
  const records = [1, 2, 3].map((turn) => aTurn(turn, 'A', { promptTokens: 100, completionTokens: 10 }));

  it.each([
    [{ total: 110 }, [1, 'total']],
    [{ total: 111 }, [2, 'total']],
    [{ prompt: 201 }, [3, 'prompt']],
    [{ completion: 20 }, [2, 'completion']],
    [{ prompt: 300, completion: 11 }, [2, 'completion']],
    [{ total: 331 }, null],
    [{}, null],
  ])('%j is reached at %j', (limits, expected) => {
    expect(met({ type: 'tokens', ...limits }, records)).toEqual(expected);
  });
});

describe('active_seconds', () => {
  it('holds with the first turn that ended at or after the limit', () => {
    const records = [500, 1999, 2000, 9000].map((activeMs, index) => aTurn(index + 1, 'A', { activeMs }));
    expect(met({ type: 'active_seconds', seconds: 2 }, records)).toBe(3);
    expect(met({ type: 'active_seconds', seconds: 9.001 }, records)).toBeNull();
  });

  it('holds at this moment when no turn has ended since', () => {
    const rule: StopRule = { type: 'active_seconds', seconds: 2 };
    const at = (nowMs: number, records: TurnRecord[]) =>
      stopMet(rule, records, '/stop', { startMs: 0, nowMs })?.turn;
    expect(at(1999, turns('A'))).toBeUndefined();
    expect(at(2000, turns('A'))).toBe(1);
    expect(at(2000, [])).toBe(0);
  });

  it('counts from the beginning of a visit', () => {
    expect(
      stopMet({ type: 'active_seconds', seconds: 2 }, turns('A', 'B', 'C'), '', { startMs: 1000 }),
    ).toHaveProperty('turn', 3);
  });
});

describe('handoff, source and tool', () => {
  it('hold with the first turn of that kind and tell what it was', () => {
    const records = [
      aTurn(1, 'A', { handoff: 'B' }),
      aTurn(2, 'B', { text: '', tools: ['add', 'look_up'] }),
      aTurn(3, 'B', { handoff: 'user' }),
    ];
    expect(met({ type: 'handoff', to: 'user' }, records)).toEqual([3, 'user']);
    expect(met({ type: 'handoff', to: 'C' }, records)).toBeNull();
    expect(met({ type: 'tool', name: 'look_up' }, records)).toEqual([2, 'look_up']);
    expect(met({ type: 'tool', name: 'look' }, records)).toBeNull();
    expect(met({ type: 'source', from: ['C', 'B'] }, records)).toEqual([3, 'B']);
  });
});

describe('agreement', () => {
  const onText = (changes: Partial<Rule<'agreement'>> = {}): StopRule => ({
    type: 'agreement',
    by: 'text',
    text: 'I AGREE',
    share: 1,
    ...changes,
  });
  const onAnswer = (changes: Partial<Rule<'agreement'>> = {}): StopRule => ({
    type: 'agreement',
    by: 'answer',
    share: 1,
    ...changes,
  });

  it('holds when the latest message of everybody who spoke contains the text', () => {
    expect(met(onText(), turns('A: I AGREE', 'B: no', 'B: well, I AGREE'))).toEqual([3, 'I AGREE']);
  });

  it('needs two who have spoken', () => {
    expect(met(onText(), turns('A: I AGREE', 'A: I AGREE'))).toBeNull();
  });

  it('forgets what an agent said before (trap: a condition that latches)', () => {
    expect(met(onText(), turns('A: I AGREE', 'B: no', 'A: not any more', 'B: I AGREE'))).toBeNull();
  });

  it('waits for those who are named and have not spoken', () => {
    const rule = onText({ agents: ['A', 'B', 'C'] });
    expect(met(rule, turns('A: I AGREE', 'B: I AGREE', 'D: I AGREE'))).toBeNull();
    expect(met(rule, turns('A: I AGREE', 'B: I AGREE', 'C: I AGREE'))).toEqual([3, 'I AGREE']);
  });

  it.each([
    [0.66, 2],
    [0.67, 3],
    [2 / 3, 2],
    [0.01, 1],
  ])('is enough by a share of %d of three with %d of them', (share, needed) => {
    const spoken = turns('A: I AGREE', 'B: I AGREE', 'C: I AGREE');
    expect(met(onText({ agents: ['A', 'B', 'C'], share }), spoken)).toEqual([needed, 'I AGREE']);
  });

  it('counts whole agents, whatever a product of fractions comes to', () => {
    const agents = Array.from({ length: 25 }, (_item, index) => `A${index}`);
    const spoken = turns(...agents.slice(0, 7).map((name) => `${name}: I AGREE`));
    expect(0.28 * 25).toBeGreaterThan(7);
    expect(met(onText({ agents, share: 0.28 }), spoken)).toEqual([7, 'I AGREE']);
  });

  it('is looked at after each so many turns only', () => {
    const records = turns('A: I AGREE', 'B: I AGREE', 'C: no', 'A: I AGREE', 'B: x', 'C: I AGREE');
    expect(met(onText({ every: 3, share: 0.6 }), records)).toEqual([3, 'I AGREE']);
    expect(met(onText({ every: 3 }), records)).toBeNull();
    expect(met(onText({ every: 4, share: 0.6 }), records)).toEqual([4, 'I AGREE']);
  });

  it('keeps the last word of an agent through an empty turn', () => {
    expect(met(onText(), turns('A: I AGREE', 'A: ', 'B: I AGREE'))).toEqual([3, 'I AGREE']);
  });

  it('finds equal answers apart from case, white space and punctuation', () => {
    expect(met(onAnswer(), turns('A: **Paris**', 'B: Rome', 'B: paris.\n'))).toEqual([3, '**Paris**']);
  });

  it('finds the answer that most share', () => {
    const records = turns('A: Rome', 'B: Paris', 'C: paris', 'D: Paris!');
    expect(met(onAnswer({ agents: ['A', 'B', 'C', 'D'], share: 0.75 }), records)).toEqual([4, 'Paris']);
  });

  it('never takes one for an agreement on an answer', () => {
    expect(met(onAnswer({ share: 0.1 }), turns('A: Rome', 'B: Paris'))).toBeNull();
    expect(met(onAnswer({ agents: ['A'] }), turns('A: Rome'))).toBeNull();
  });

  it('sees no answer in punctuation', () => {
    expect(met(onAnswer(), turns('A: …', 'B: ?!'))).toBeNull();
  });
});

describe('repetition', () => {
  const rule: StopRule = { type: 'repetition', words: 3, times: 3 };

  it.each([
    ['one after the other', 'so it is, so it is, so it is', 'so it is'],
    ['apart, in another case', 'It is so. Why? It IS so! Well, it is so', 'it is so'],
    ['in a script without blanks', '我不知道我不知道我不知道', '我 不 知'],
    ['of pictures', '🦙'.repeat(9), '🦙 🦙 🦙'],
  ])('finds a run of words %s', (_what, text, run) => {
    expect(met(rule, turns('A: fine', `B: ${text}`))).toEqual([2, run]);
  });

  it.each([
    ['twice only', 'so it is, so it is, so it was'],
    ['in runs that overlap', 'ha ha ha ha ha'],
    ['in punctuation', '| --- | --- | --- | --- | --- | --- |'],
  ])('does not find one %s', (_what, text) => {
    expect(met(rule, turns(`A: ${text}`))).toBeNull();
  });

  it('looks at each message alone', () => {
    expect(met(rule, turns('A: so it is', 'A: so it is', 'A: so it is'))).toBeNull();
  });
});

describe('stall', () => {
  const rule = (changes: Partial<Rule<'stall'>> = {}): StopRule => ({
    type: 'stall',
    turns: 2,
    similarity: 0.9,
    ...changes,
  });

  it('holds after so many turns in a row that brought nothing new', () => {
    expect(met(rule(), turns('A: one two', 'B: three', 'A: Two, one!', 'B: three'))).toBe(4);
    expect(met(rule(), turns('A: one two', 'B: ', 'A: new', 'B: ', 'A: '))).toBe(5);
  });

  it('begins anew with something new', () => {
    expect(met(rule(), turns('A: one', 'B: one', 'A: two', 'B: two', 'A: three'))).toBeNull();
  });

  it('takes messages as alike by the share of their words', () => {
    const records = turns('A: a b c d', 'B: a b c e', 'A: a b c f');
    expect(met(rule({ similarity: 0.6 }), records)).toBe(3);
    expect(met(rule({ similarity: 0.61 }), records)).toBeNull();
  });

  it('counts a nested team that was passed over', () => {
    const skipped = aTurn(2, 'T', { kind: 'skip', state: 'skipped', text: '' });
    expect(met(rule(), [aTurn(1, 'A'), skipped, { ...skipped, turn: 3 }])).toBe(3);
  });

  it('is not about votes, which are alike of themselves', () => {
    const votes = [1, 2, 3].map((turn) => aTurn(turn, 'A', { kind: 'ballot' }));
    expect(met(rule(), votes)).toBeNull();
  });

  it('tells texts of a script without blanks apart', () => {
    expect(met(rule({ turns: 1, similarity: 0.8 }), turns('A: 猫追狗跑了', 'B: 狗追猫了跑'))).toBeNull();
    expect(met(rule({ turns: 1, similarity: 0.8 }), turns('A: 猫追狗跑了', 'B: 猫追狗跑了。'))).toBe(2);
  });
});
