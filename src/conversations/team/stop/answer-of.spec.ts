import { answerOf } from './answer-of';

describe('answerOf', () => {
  it.each([
    ['Paris', ' **paris**.\n'],
    ["Don't know", 'dont know!'],
    ['The answer is: 42', 'the answer is 42.'],
    ['(42)', '42'],
    ['１２', '12'],
    ['北京', '「北 京」。'],
    ['1, 2, 3', '1,2,3'],
  ])('is the same for %j and %j', (one, other) => {
    expect(answerOf(one)).toBe(answerOf(other));
  });

  it.each([
    ['5', '-5'],
    ['It is 5', 'It is -5'],
    ['3.5', '35'],
    ['1 2', '12'],
    ['1/2', '12'],
    ['yes', 'no'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(answerOf(one)).not.toBe(answerOf(other));
  });

  it('is blank without any word', () => {
    expect(answerOf(' … ?!\n')).toBe('');
  });
});
