import { Logger } from '@nestjs/common';
import { AppLogger } from './app-logger';

type Options = ConstructorParameters<typeof AppLogger>[0];

function logInto(options: Partial<Options>, write: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  Logger.overrideLogger(
    new AppLogger({ logFormat: 'keyvalue', logLevel: 'info', ...options }, (line) => lines.push(line)),
  );
  write(new Logger('ExperimentsService'));
  return lines;
}

describe('AppLogger', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-01-01T00:00:00.000Z') });
  });

  afterEach(() => {
    jest.useRealTimers();
    Logger.overrideLogger(false);
  });

  it('writes a line of names and values', () => {
    const lines = logInto({}, (logger) => {
      logger.log('Experiment started', {
        experiment_id: 'e-1',
        agents: 2,
        title: 'Plan a trip',
        seed: null,
        gone: undefined,
      });
    });
    expect(lines).toEqual([
      '2026-01-01T00:00:00.000Z INFO ExperimentsService "Experiment started" experiment_id=e-1 agents=2 title="Plan a trip" seed=null\n',
    ]);
  });

  it('writes a line of JSON', () => {
    const lines = logInto({ logFormat: 'json' }, (logger) => {
      logger.warn('Slow', { seconds: 1.5, level: 'forged', agent: { name: 'A' } });
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'WARNING',
      logger: 'ExperimentsService',
      message: 'Slow',
      seconds: 1.5,
      agent: { name: 'A' },
    });
  });

  it.each<[Options['logLevel'], string[]]>([
    ['debug', ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']],
    ['info', ['INFO', 'WARNING', 'ERROR', 'CRITICAL']],
    ['warning', ['WARNING', 'ERROR', 'CRITICAL']],
    ['error', ['ERROR', 'CRITICAL']],
    ['critical', ['CRITICAL']],
  ])('with LOG_LEVEL %s writes %j', (logLevel, expected) => {
    const lines = logInto({ logLevel }, (logger) => {
      logger.debug('x');
      logger.log('x');
      logger.warn('x');
      logger.error('x');
      logger.fatal('x');
    });
    expect(lines.map((line) => line.split(' ')[1])).toEqual(expected);
  });

  it.each(['keyvalue', 'json'] as const)(
    'forges no line and no colour from what clients send (%s)',
    (logFormat) => {
      const hostile = 'a\r\n2026 INFO x\u001b[31m\u009b31m\u2028\u202e"end';
      const lines = logInto({ logFormat }, (logger) => {
        logger.log(hostile, { name: hostile, nested: { deep: hostile }, 'k\ney': 1 });
      });
      expect(lines).toHaveLength(1);
      expect(lines[0]?.trimEnd()).toMatch(/^[\u0020-\u007e]+$/);
      expect(lines[0]?.endsWith('\n')).toBe(true);
    },
  );

  it.each(['keyvalue', 'json'] as const)(
    'keeps the stack of an error, and of its cause, as one field (%s)',
    (logFormat) => {
      const error = new TypeError('outer', { cause: new Error('inner') });
      const lines = logInto({ logFormat }, (logger) => {
        logger.error('Request failed', { request_id: 'r1', error });
        logger.error('Failed', error);
        logger.error('Failed', error.stack);
        logger.error(error);
      });
      expect(lines).toHaveLength(4);
      expect(lines[0]).toContain('TypeError: outer');
      expect(lines[0]).toContain('caused by: Error: inner');
      for (const line of lines) {
        expect(line).toMatch(/stack("?[:=])"TypeError: outer\\n {4}at /);
      }
    },
  );

  it('leaves out what an error carries besides, and shows lists and loops on one line', () => {
    const loop: Record<string, unknown> = { list: ['a', 'b'] };
    loop['self'] = loop;
    const error = Object.assign(new Error('query failed'), { parameters: ['a secret prompt'] });
    const [line = ''] = logInto({}, (logger) => {
      logger.error('Failed', { error, loop });
    });
    expect(line).not.toContain('a secret prompt');
    expect(line).toContain("[ 'a', 'b' ]");
    expect(line).toContain('[Circular');
  });
});
