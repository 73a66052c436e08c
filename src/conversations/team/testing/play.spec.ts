import { aRun, play } from './play';

describe('play', () => {
  it('takes turns as the rules say, with the lines of the script, to the end', () => {
    const run = aRun({ type: 'round_robin', participants: ['A', 'B'], max_turns: 5 });
    const { order, records, last } = play(run, {
      say: { A: ['one', 'two'], B: ['', { tools: ['search'] }] },
    });
    expect(order).toEqual(['A', 'B', 'A', 'B', 'A']);
    expect(records.map(({ text }) => text)).toEqual(['one', '', 'two', 'something', 'two']);
    expect(records.map(({ state }) => state)[1]).toBe('empty');
    expect(records[3]?.tools).toEqual(['search']);
    expect(last).toMatchObject({ kind: 'end', reason: { type: 'max_turns', turn: 5 } });
  });

  it('answers questions, and falls back when no answer is usable', () => {
    const run = aRun({
      type: 'selector',
      participants: ['A', 'B', 'C'],
      allow_repeated_speaker: false,
      max_attempts: 2,
      max_turns: 2,
    });
    const last = play(run, { answer: ({ candidates }) => candidates.at(-1) ?? '' });
    expect(last.order).toEqual(['C', 'B']);
    const none = play(run, { answer: () => 'nobody' });
    expect(none.order).toEqual(['A', 'B']);
    expect(none.records[0]?.choice).toMatchObject({ method: 'fallback', attempts: 2, raw: 'nobody' });
  });

  it('goes on where it was broken off', () => {
    const run = aRun({ type: 'round_robin', participants: ['A', 'B', 'C'], max_turns: 5 });
    const { records, last } = play(run, { breakAfter: 2 });
    expect(records).toHaveLength(2);
    expect(last.kind).toBe('turns');
    expect(play(run, { after: records }).records).toEqual(play(run).records);
  });
});
