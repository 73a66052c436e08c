import { MemoryFit } from './memory-fit';

describe(MemoryFit.name, () => {
  const seen = (...sets: Record<string, number>[]): MemoryFit => {
    const memory = new MemoryFit();
    sets.forEach((set) => memory.saw(new Map(Object.entries(set))));
    return memory;
  };

  it('knows that what was seen side by side fits, and less does', () => {
    const memory = seen({ a: 4, b: 3 }, { c: 2 });
    expect(memory.fits(['a', 'b'])).toBe(true);
    expect(memory.fits(['b', 'c'])).toBe(true);
    expect(memory.fits(['a', 'b', 'c'])).toBe(false);
  });

  it('promises nothing of models that were never seen, and one alone always fits', () => {
    expect(seen({ a: 4, b: 3 }).fits(['a', 'x'])).toBe(false);
    expect(seen().fits(['x'])).toBe(true);
  });

  it('believes an eviction more than what was seen before, until they are seen again', () => {
    const memory = seen({ a: 4, b: 3 });
    memory.sawEviction('b', ['a']);
    expect(memory.fits(['a', 'b'])).toBe(false);
    memory.saw(
      new Map([
        ['a', 4],
        ['b', 3],
      ]),
    );
    expect(memory.fits(['a', 'b'])).toBe(true);
  });
});
