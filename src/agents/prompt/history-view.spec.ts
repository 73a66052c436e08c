import { type HistoryView } from './agent';
import { hearThrough } from './history-view';

/** Each letter a turn of the agent of that name. */
const heard = (speakers: string, view: HistoryView | undefined): string =>
  hearThrough(
    view,
    [...speakers].map((speaker, at) => ({ speaker, text: `${at}`, thinking: '' })),
    'a',
  )
    .map(({ speaker, text }) => speaker + text)
    .join(' ');

describe('hearThrough', () => {
  it.each<[string, HistoryView | undefined, string]>([
    ['everything without a view', undefined, 'a0 b1 c2 a3 b4 c5'],
    ['everything with an empty view', {}, 'a0 b1 c2 a3 b4 c5'],
    ['the last of the others, and all of its own', { last: 1 }, 'a0 a3 c5'],
    ['the last two of the others', { last: 2 }, 'a0 a3 b4 c5'],
    ['more than there are', { last: 9 }, 'a0 b1 c2 a3 b4 c5'],
    ['nothing but its own', { last: 0 }, 'a0 a3'],
    ['certain others', { from: ['b'] }, 'a0 b1 a3 b4'],
    ['the last of certain others', { from: ['b'], last: 1 }, 'a0 a3 b4'],
    ['nobody else', { from: [] }, 'a0 a3'],
  ])('lets through %s', (_what, view, expected) => {
    expect(heard('abcabc', view)).toBe(expected);
  });
});
