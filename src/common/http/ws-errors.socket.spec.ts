import { UseFilters } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { loadSettings } from '../../config/load-settings';
import { DomainError } from '../errors/domain-error';
import { TextField } from '../validation/fields';
import { configureHttp } from './configure-http';
import { WsErrorsFilter } from './ws-errors.filter';

class JoinDto {
  @TextField({ trim: true, nonBlank: true })
  experiment_id!: string;
}

@WebSocketGateway()
@UseFilters(WsErrorsFilter)
class ProbeGateway {
  @SubscribeMessage('join')
  join(@MessageBody() { experiment_id }: JoinDto): object {
    if (experiment_id === 'gone') {
      throw new DomainError('EXPERIMENT_NOT_FOUND', 'Experiment not found');
    }
    return { joined: experiment_id };
  }
}

describe('errors of socket events', () => {
  let app: NestExpressApplication;
  let client: Socket;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ providers: [ProbeGateway] }).compile();
    app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
    configureHttp(app, loadSettings({}));
    await app.listen(0, '127.0.0.1');
    client = io(await app.getUrl(), { transports: ['websocket'] });
  });

  afterAll(async () => {
    client.close();
    await app.close();
  });

  const ask = (...payload: unknown[]): Promise<unknown> =>
    client.timeout(5_000).emitWithAck('join', ...payload);

  it('lets a good payload through, checked and trimmed', async () => {
    expect(await ask({ experiment_id: ' e1 ' })).toEqual({ joined: 'e1' });
  });

  it.each([
    [[{}], ['body', 'experiment_id'], 'missing'],
    [[], ['body'], 'missing'],
    [['e1'], ['body'], 'dict_type'],
    [[{ experiment_id: 3 }], ['body', 'experiment_id'], 'string_type'],
    [[{ experiment_id: 'a\0' }], ['body', 'experiment_id'], 'value_error'],
    [[{ experiment_id: Buffer.from('e1') }], ['body', 'experiment_id'], 'value_error'],
  ])('acknowledges the bad payload %j with its problems', async (payload, loc, type) => {
    expect(await ask(...payload)).toEqual({
      error: {
        code: 'VALIDATION_FAILED',
        message: expect.any(String),
        detail: [expect.objectContaining({ loc, type })],
      },
    });
  });

  it('acknowledges a fault with its code, or sends an event to a client that asked for no answer', async () => {
    const error = { code: 'EXPERIMENT_NOT_FOUND', message: 'Experiment not found' };
    expect(await ask({ experiment_id: 'gone' })).toEqual({ error });
    const told = new Promise((resolve) => {
      client.once('error', resolve);
    });
    client.emit('join', { experiment_id: 'gone' });
    expect(await told).toEqual({ error });
  });
});
