import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { loadSettings } from '../config/load-settings';
import { LiveParts } from '../live/testing/live-parts';
import { EventStreams } from './event-streams';
import { ConversationRemoval } from '../conversations/conversation-removal';
import { ServerClosing } from '../live/server-closing';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { ExperimentChanges } from './experiment-changes';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';

const ID = 'one';

/** A repository whose answers come when the test says so. */
class HeldRepository extends ExperimentRepository {
  release: () => void = () => undefined;
  readonly asked: Promise<void>;
  private tellAsked: () => void = () => undefined;
  private readonly held = new Promise<void>((resolve) => (this.release = resolve));

  constructor(parts: LiveParts) {
    super(parts.database, new ConversationRemoval(parts.database), new ExperimentEstimates(parts.database));
    this.asked = new Promise((resolve) => (this.tellAsked = resolve));
  }

  override async get(): Promise<ExperimentEntity> {
    this.tellAsked();
    await this.held;
    return { id: ID, state: 'running', lastSeq: 0 } as ExperimentEntity;
  }
}

describe(EventStreams.name, () => {
  let parts: LiveParts;
  let repository: HeldRepository;
  let changes: ExperimentChanges;
  let streams: EventStreams;
  let server: Server;
  let opened: Promise<void>[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    parts = await LiveParts.open(ID);
    repository = new HeldRepository(parts);
    changes = new ExperimentChanges();
    streams = new EventStreams(
      repository,
      parts.pump,
      parts.openTurns,
      changes,
      new ServerClosing(),
      loadSettings({}),
    );
    streams.onModuleInit();
    opened = [];
    server = createServer((req, res) => {
      const response = Object.assign(res, { req: req as Request }) as Response;
      opened.push(streams.open(response, ID, { after: 0, deltas: true }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    streams.onApplicationShutdown();
    server.closeAllConnections();
    server.close();
    await parts.close();
  });

  const ask = () => {
    const sent = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
    sent.on('error', () => undefined).end();
    return sent;
  };

  it('leaves nothing behind of a client that goes while its stream is set up', async () => {
    const sent = ask();
    const gone = once(server, 'connection').then(([socket]) => once(socket as NodeJS.EventEmitter, 'close'));
    await repository.asked;
    sent.destroy();
    await gone;
    repository.release();
    await Promise.all(opened);
    await parts.commit(ID, 3);
    await parts.pump.idle();
    // Nobody watches: the stream is forgotten as soon as all is delivered.
    expect(parts.pump.cursor(ID)).toBe(0);
  });

  it('tells a client whose experiment is removed while its stream is set up', async () => {
    const sent = ask();
    await repository.asked;
    changes.next({ kind: 'removed', experimentId: ID });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(await text(answer)).toBe(
      `retry: 1000\n\nevent: experiment.removed\ndata: {"experiment_id":"${ID}"}\n\n`,
    );
    repository.release();
    await Promise.all(opened);
    expect(parts.pump.cursor(ID)).toBe(0);
  });

  it('gives each event once, in order, whether it came before, during or after the setting up', async () => {
    await parts.commit(ID, 700);
    const sent = ask();
    await repository.asked;
    repository.release();
    const writing = (async () => {
      for (let count = 0; count < 100; count += 1) {
        await parts.commit(ID);
      }
    })();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    await writing;
    await Promise.all(opened);
    await parts.pump.idle();
    await streams.beforeApplicationShutdown();
    const ids = [...(await text(answer)).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 800 }, (_, index) => index + 1));
    await parts.pump.idle();
    expect(parts.pump.cursor(ID)).toBe(0);
  });
});
