import { Logger } from '@nestjs/common';
import { type OpenTurn, type TurnDelta, type TurnStartedData } from './event-types';
import { LiveParts } from './testing/live-parts';

const TURN: OpenTurn = {
  turn_id: 't1',
  conversation_id: 'c1',
  iteration: 1,
  turn: 1,
  attempt: 2,
  agent_id: 'agent-1',
  agent_name: 'Ada',
  model: 'tiny',
};

const STARTED: TurnStartedData = {
  iteration: 1,
  turn: 1,
  attempt: 2,
  agent_id: 'agent-1',
  agent_name: 'Ada',
  model: 'tiny',
  step: 1,
  kind: 'reply',
  path: ['Ada'],
  speaker: { method: 'round_robin', candidates: [], attempts: 0, raw: null, tokens: 0 },
};

describe('OpenTurns', () => {
  let live: LiveParts;
  let heard: (TurnDelta | string)[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    live = await LiveParts.open('a');
    heard = [];
    live.openTurns.listen((delta) => heard.push(delta));
    live.pump.listen((event) => heard.push(event.type));
  });
  afterEach(() => live.close());

  const texts = () =>
    heard.map((entry) =>
      typeof entry === 'string' ? entry : `${entry.channel} ${entry.offset} ${entry.text}`,
    );
  async function announce(turnId = 't1'): Promise<void> {
    await live.log.commit('a', ({ append }) => append('turn.started', STARTED, { turnId }));
    await live.pump.idle();
  }

  it('holds text back until watchers have heard that the turn started', async () => {
    live.openTurns.open('a', TURN);
    live.openTurns.add('t1', 'text', 'It ');
    live.openTurns.add('t1', 'thinking', 'Hm. ');
    live.openTurns.add('t1', 'text', 'is');
    expect(heard).toEqual([]);
    expect(live.openTurns.of('a')).toEqual([]);
    await announce();

    expect(texts()).toEqual(['turn.started', 'thinking 0 Hm. ', 'text 0 It is']);
    expect(live.openTurns.of('a')).toEqual([TURN]);
  });

  it('sends what comes after that at once, each channel with its own offset', async () => {
    live.openTurns.open('a', TURN);
    await announce();
    live.openTurns.add('t1', 'thinking', 'Hm');
    live.openTurns.add('t1', 'text', 'It ');
    live.openTurns.add('t1', 'thinking', '.');
    live.openTurns.add('t1', 'text', 'is');
    live.openTurns.add('t1', 'text', '');

    expect(texts().slice(1)).toEqual(['thinking 0 Hm', 'text 0 It ', 'thinking 2 .', 'text 3 is']);
    expect(heard[1]).toEqual({
      experiment_id: 'a',
      conversation_id: 'c1',
      turn_id: 't1',
      attempt: 2,
      channel: 'thinking',
      offset: 0,
      text: 'Hm',
    });
  });

  it('gives a late watcher the text so far, and the next delta follows without a hole', async () => {
    live.openTurns.open('a', TURN);
    await announce();
    live.openTurns.add('t1', 'text', 'It ');
    live.openTurns.add('t1', 'thinking', 'Hm.');
    live.openTurns.add('t1', 'text', '🦙 ');
    const soFar = live.openTurns.textSoFar('a');
    heard = [];
    live.openTurns.add('t1', 'text', 'is');

    expect(soFar.map(({ channel, offset, text }) => [channel, offset, text])).toEqual([
      ['thinking', 0, 'Hm.'],
      ['text', 0, 'It 🦙 '],
    ]);
    expect(heard).toEqual([expect.objectContaining({ offset: soFar[1]?.text.length, text: 'is' })]);
  });

  it('gives nothing of a turn before its start was told', async () => {
    live.openTurns.open('a', TURN);
    live.openTurns.add('t1', 'text', 'It ');
    expect(live.openTurns.textSoFar('a')).toEqual([]);
    await announce();

    expect(live.openTurns.textSoFar('a')).toEqual([expect.objectContaining({ offset: 0, text: 'It ' })]);
  });

  it('keeps turns side by side apart', async () => {
    live.openTurns.open('a', TURN);
    live.openTurns.open('a', { ...TURN, turn_id: 't2', conversation_id: 'c2' });
    await announce('t1');
    live.openTurns.add('t1', 'text', 'one');
    live.openTurns.add('t2', 'text', 'two');
    expect(live.openTurns.of('a').map(({ turn_id }) => turn_id)).toEqual(['t1']);
    await announce('t2');

    expect(live.openTurns.of('a').map(({ turn_id }) => turn_id)).toEqual(['t1', 't2']);
    expect(live.openTurns.textSoFar('a').map(({ turn_id, text }) => [turn_id, text])).toEqual([
      ['t1', 'one'],
      ['t2', 'two'],
    ]);
    expect(live.openTurns.of('b')).toEqual([]);
  });

  it('forgets a turn that has ended, and what is added to it afterwards', async () => {
    live.openTurns.open('a', TURN);
    await announce();
    live.openTurns.add('t1', 'text', 'It ');
    live.openTurns.close('t1');
    live.openTurns.close('t1');
    live.openTurns.add('t1', 'text', 'late');

    expect(texts()).toEqual(['turn.started', 'text 0 It ']);
    expect(live.openTurns.of('a')).toEqual([]);
    expect(live.openTurns.textSoFar('a')).toEqual([]);
  });

  it('says nothing of a turn that ended before its start was told', async () => {
    live.openTurns.open('a', TURN);
    live.openTurns.add('t1', 'text', 'It ');
    live.openTurns.close('t1');
    await announce();

    expect(texts()).toEqual(['turn.started']);
  });

  it('says nothing more of a turn that ends in the moment when its start is told', async () => {
    live.openTurns.open('a', TURN);
    live.openTurns.add('t1', 'text', 'It ');
    live.pump.listen(() => live.openTurns.close('t1'));
    await announce();

    expect(texts()).toEqual(['turn.started']);
  });

  it('ignores turns that it does not know', async () => {
    live.openTurns.add('unknown', 'text', 'x');
    live.openTurns.close('unknown');
    await announce('unknown');

    expect(texts()).toEqual(['turn.started']);
  });

  it('is silent for a listener that was taken off', async () => {
    const taken: TurnDelta[] = [];
    const off = live.openTurns.listen((delta) => taken.push(delta));
    live.openTurns.open('a', TURN);
    await announce();
    off();
    live.openTurns.add('t1', 'text', 'x');

    expect(taken).toEqual([]);
    expect(texts()).toContain('text 0 x');
  });
});
