import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { failureOf } from '../../ollama/testing/failure-of';
import { portOf } from '../../ollama/testing/port-of';
import { fetchCatalog } from './catalog-source';

describe('fetchCatalog', () => {
  let server: Server;
  let address: string;
  let answer: (path: string, response: ServerResponse) => void;
  let stop: AbortController;

  beforeEach(async () => {
    stop = new AbortController();
    server = createServer((request, response) => answer(request.url ?? '', response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${portOf(server)}/catalog.json`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const fetched = () => fetchCatalog(address, stop.signal);
  const text = (body: string) => (_path: string, response: ServerResponse) => response.end(body);

  it.each(['[1,2]', '{"models":[1,2],"model_count":2}'])('takes %s', async (body) => {
    answer = text(body);
    expect(await fetched()).toEqual([1, 2]);
  });

  it('follows redirects on the same host', async () => {
    answer = (path, response) =>
      path === '/catalog.json' ? response.writeHead(302, { location: '/other' }).end() : response.end('[3]');
    expect(await fetched()).toEqual([3]);
  });

  it.each([
    ['another host', { location: 'http://169.254.169.254/x' }, 'redirects to another host'],
    ['another port', { location: 'http://127.0.0.1:1/x' }, 'redirects to another host'],
    ['itself, for ever', { location: '/catalog.json' }, 'redirects too often'],
    ['nowhere', {}, 'status 302'],
  ])('does not follow a redirect to %s', async (_where, headers, reason) => {
    answer = (_path, response) => response.writeHead(302, headers).end();
    expect(await failureOf(fetched())).toMatchObject({ message: expect.stringContaining(reason) });
  });

  it.each([
    ['not JSON', text('<html>'), 'not JSON'],
    ['no list', text('{"models":{}}'), 'neither a list'],
    ['null', text('null'), 'neither a list'],
    ['too long', text(`[${'0,'.repeat(20_000)}0]`), 'more than 20000 entries'],
    ['too large', text(`["${'x'.repeat(17_000_000)}"]`), 'larger than'],
    ['cut off', (_path: string, response: ServerResponse) => response.destroy(), 'connection failed'],
    ['an error', (_path: string, response: ServerResponse) => response.writeHead(500).end('x'), 'status 500'],
  ])('says what is wrong with an answer that is %s', async (_what, respond, reason) => {
    answer = respond;
    expect(await failureOf(fetched())).toMatchObject({ message: expect.stringContaining(reason) });
  });

  it('ends when it is stopped', async () => {
    const arrived = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const failure = failureOf(fetched());
    await arrived;
    const reason = new Error('stopped');
    stop.abort(reason);
    expect(await failure).toBe(reason);
  });
});
