import { BadRequestException, Logger } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { WsException } from '@nestjs/websockets';
import { DomainError, ValidationFailedError } from '../errors/domain-error';
import { missing } from '../validation/field-problems';
import { WsErrorsFilter } from './ws-errors.filter';

const problems = [missing(['body', 'experiment_id'], {})];

describe('WsErrorsFilter', () => {
  let logged: jest.SpyInstance;

  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    jest.spyOn(Logger.prototype, 'debug').mockImplementation();
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    [
      'a fault of a service',
      new DomainError('EXPERIMENT_NOT_FOUND', 'Experiment not found'),
      { code: 'EXPERIMENT_NOT_FOUND', message: 'Experiment not found' },
    ],
    [
      'wrong fields',
      new ValidationFailedError(problems),
      { code: 'VALIDATION_FAILED', message: 'body.experiment_id: Field required', detail: problems },
    ],
    ['a fault of the framework', new BadRequestException('bad'), { code: 'BAD_REQUEST', message: 'bad' }],
    [
      'a socket fault',
      new WsException('Forbidden resource'),
      { code: 'BAD_REQUEST', message: 'Forbidden resource' },
    ],
    ['anything else', new TypeError('secret'), { code: 'INTERNAL_ERROR', message: 'Internal Server Error' }],
    ['what is no error at all', 'secret', { code: 'INTERNAL_ERROR', message: 'Internal Server Error' }],
  ])('tells the client of %s through its acknowledgement, else by an event', (_what, exception, error) => {
    const client = { emit: jest.fn() };
    const acknowledge = jest.fn();

    new WsErrorsFilter().catch(exception, hostOf(client, { a: 1 }, acknowledge));
    expect(acknowledge.mock.calls).toEqual([[{ error }]]);
    expect(client.emit).not.toHaveBeenCalled();

    new WsErrorsFilter().catch(exception, hostOf(client, { a: 1 }));
    expect(client.emit.mock.calls).toEqual([['error', { error }]]);
    expect(logged).toHaveBeenCalledTimes(error.code === 'INTERNAL_ERROR' ? 2 : 0);
  });
});

function hostOf(...args: unknown[]): ExecutionContextHost {
  const host = new ExecutionContextHost([...args, 'join_experiment']);
  host.setType('ws');
  return host;
}
