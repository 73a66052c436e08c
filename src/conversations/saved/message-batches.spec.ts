import { inBatches } from './message-batches';

async function sizes(contents: string[]): Promise<number[]> {
  const found: number[] = [];
  for await (const batch of inBatches(contents.map((content) => ({ content })))) {
    found.push(batch.length);
  }
  return found;
}

describe('inBatches', () => {
  it.each([
    [0, []],
    [1, [1]],
    [500, [500]],
    [1_001, [500, 500, 1]],
  ])('cuts %i short messages into batches of %j', async (count, expected) => {
    expect(await sizes(Array.from({ length: count }, () => 'x'))).toEqual(expected);
  });

  it('ends a batch early when its texts are long', async () => {
    expect(await sizes(['x'.repeat(999_999), 'x', 'x'.repeat(2_000_000), 'x'])).toEqual([2, 1, 1]);
  });
});
