import { ValidationFailedError } from '../common/errors/domain-error';
import { checkedServer } from './server-choice';

const ADDRESSES = ['http://localhost:11434', 'http://gpu-2:11434', 'https://proxy/ollama'];

describe(checkedServer.name, () => {
  const read = (text: string | null | undefined) => checkedServer(text, ADDRESSES, ['body', 'server']);

  it.each([
    [undefined, 'all'],
    [null, 'all'],
    ['all', 'all'],
    ['http://gpu-2:11434', 'http://gpu-2:11434'],
    ['http://gpu-2:11434/', 'http://gpu-2:11434'],
    ['HTTP://GPU-2:11434/v1', 'http://gpu-2:11434'],
    ['gpu-2:11434', 'http://gpu-2:11434'],
    ['localhost', 'http://localhost:11434'],
    ['https://proxy/ollama/', 'https://proxy/ollama'],
  ])('takes %j for %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    'http://gpu-3:11434',
    'http://gpu-2',
    'ALL',
    '',
    'gpu-2',
    'http://a,http://gpu-2:11434',
    'ftp://x',
  ])('refuses %j, and names those that there are', (text) => {
    let failure: unknown;
    try {
      read(text);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(ValidationFailedError);
    expect(failure).toMatchObject({
      code: 'UNKNOWN_SERVER',
      problems: [{ loc: ['body', 'server'], msg: expect.stringContaining(ADDRESSES.join(', ')) }],
    });
  });
});
