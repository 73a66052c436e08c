import { Watchdog } from './watchdog';

const LIMITS = { connectMs: 5, firstTokenMs: 600, idleMs: 120, totalMs: 300 };

describe('Watchdog', () => {
  let rung: string[];
  let watchdog: Watchdog;

  beforeEach(() => {
    jest.useFakeTimers();
    rung = [];
    watchdog = new Watchdog(LIMITS, (code) => rung.push(code));
  });
  afterEach(() => {
    watchdog.stop();
    jest.useRealTimers();
  });

  const pass = (ms: number) => jest.advanceTimersByTime(ms);

  it('rings when nobody accepts the connection', () => {
    pass(4);
    expect(rung).toEqual([]);
    pass(1);
    expect(rung).toEqual(['CONNECT_TIMEOUT']);
  });

  it('rings when the first token does not come, counted from the connection', () => {
    pass(3);
    watchdog.connected();
    pass(599);
    expect(rung).toEqual([]);
    pass(1);
    expect(rung).toEqual(['FIRST_TOKEN_TIMEOUT']);
  });

  it('rings when a token does not come, counted from the one before', () => {
    watchdog.connected();
    watchdog.token();
    pass(100);
    watchdog.token();
    pass(119);
    expect(rung).toEqual([]);
    pass(1);
    expect(rung).toEqual(['STALLED']);
  });

  it('rings when the answer takes too long although tokens come, counted from the first', () => {
    watchdog.connected();
    pass(500);
    for (let token = 0; token < 30; token += 1) {
      watchdog.token();
      pass(10);
    }
    expect(rung).toEqual(['TURN_TIMEOUT']);
  });

  it('says that the turn was too long when both clocks end together', () => {
    watchdog.connected();
    watchdog.token();
    pass(100);
    watchdog.token();
    pass(80);
    watchdog.token();
    pass(120);
    expect(rung).toEqual(['TURN_TIMEOUT']);
  });

  it('rings once', () => {
    pass(10_000);
    expect(rung).toEqual(['CONNECT_TIMEOUT']);
  });

  it('is silent after the end and leaves no timer', () => {
    watchdog.connected();
    watchdog.token();
    watchdog.stop();
    expect(jest.getTimerCount()).toBe(0);
    pass(10_000);
    expect(rung).toEqual([]);
  });

  it('is not woken up again by what still comes after the end', () => {
    watchdog.stop();
    watchdog.connected();
    watchdog.token();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('needs one timer, however many tokens come', () => {
    watchdog.connected();
    for (let token = 0; token < 1_000; token += 1) {
      watchdog.token();
    }
    expect(jest.getTimerCount()).toBe(1);
  });
});
