import { decide, type Here } from './decision';

const FIRST = { fingerprint: 'a', title: 'Trip' };
const here = (changes: Partial<Here> = {}): Here => ({ title: 'Trip', isEdited: false, ...changes });

describe(decide, () => {
  it('takes what is not here, also when it was here once', () => {
    expect(decide(FIRST, null, null)).toEqual({ outcome: 'imported', title: 'Trip' });
    expect(decide(FIRST, FIRST, null)).toEqual({ outcome: 'imported', title: 'Trip' });
  });

  it('leaves what this server made itself', () => {
    expect(decide(FIRST, null, here())).toMatchObject({ outcome: 'skipped' });
  });

  it('leaves everything as it is while the source is the same, whatever was changed here', () => {
    expect(decide(FIRST, FIRST, here())).toEqual({ outcome: 'unchanged' });
    expect(decide(FIRST, FIRST, here({ title: 'Mine', isEdited: true }))).toEqual({ outcome: 'unchanged' });
  });

  it('takes new content and keeps the title that a user gave it here', () => {
    const now = { fingerprint: 'b', title: 'Trip' };
    expect(decide(now, FIRST, here())).toEqual({ outcome: 'updated', title: 'Trip' });
    expect(decide(now, FIRST, here({ title: 'Mine' }))).toEqual({ outcome: 'updated', title: 'Mine' });
  });

  it('takes a new title of the source, but not over one that was given here', () => {
    const now = { fingerprint: 'a', title: 'Journey' };
    expect(decide(now, FIRST, here())).toEqual({ outcome: 'updated', title: 'Journey' });
    expect(decide(now, FIRST, here({ title: 'Mine' }))).toEqual({ outcome: 'unchanged' });
  });

  it('takes neither side of a record that was changed on both', () => {
    const now = { fingerprint: 'b', title: 'Trip' };
    expect(decide(now, FIRST, here({ isEdited: true }))).toMatchObject({ outcome: 'skipped' });
    expect(decide({ ...FIRST, title: 'Journey' }, FIRST, here({ isEdited: true }))).toMatchObject({
      outcome: 'skipped',
    });
  });
});
