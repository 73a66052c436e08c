import { ReturnWatch } from './return-watch';

describe('experiments that wait for Ollama', () => {
  it('go on as soon as it answers again', () => {
    const watch = new ReturnWatch();
    watch.add('a', 'ollama_away', 0);
    watch.away();
    expect(watch.takeReady(5_000)).toEqual(['a']);
    expect(watch.isEmpty).toBe(true);
  });

  it('rest longer each time when it answers, but not for them', () => {
    const watch = new ReturnWatch();
    const rests = Array.from({ length: 10 }, () => {
      watch.add('a', 'ollama_away', 0);
      let rest = 0;
      while (watch.takeReady(rest).length === 0) {
        rest += 1_000;
      }
      return rest / 1_000;
    });
    expect(rests).toEqual([0, 5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('do not rest for an outage: what came before it does not count', () => {
    const watch = new ReturnWatch();
    for (let pause = 0; pause < 5; pause += 1) {
      watch.add('a', 'ollama_away', 0);
    }
    expect(watch.takeReady(1)).toEqual([]);
    watch.away();
    expect(watch.takeReady(1)).toEqual(['a']);
    watch.add('a', 'ollama_away', 10);
    expect(watch.takeReady(10)).toEqual(['a']);
  });

  it('give a busy Ollama time', () => {
    const watch = new ReturnWatch();
    watch.add('a', 'ollama_busy', 0);
    expect(watch.takeReady(9_999)).toEqual([]);
    expect(watch.takeReady(10_000)).toEqual(['a']);
  });

  it('begin anew after a finished turn', () => {
    const watch = new ReturnWatch();
    watch.add('a', 'ollama_away', 0);
    watch.forget('a');
    expect(watch.isEmpty).toBe(true);
    watch.add('a', 'ollama_away', 0);
    expect(watch.takeReady(0)).toEqual(['a']);
  });
});
