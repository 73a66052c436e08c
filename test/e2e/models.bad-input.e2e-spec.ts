import { shapeFault } from '../support/error-shape';
import { PlainClient } from '../support/plain-client';
import { type RawAnswer, type RawRequest, send } from '../support/raw-http';
import { type ServerProcess, startServerProcess } from '../support/server-process';
import { type Simulator, startSimulator } from '../support/simulator';

const NAMES = [
  '',
  '%20',
  '..',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '%0d%0aX-Evil:%201',
  '%ff',
  '%',
  '%2',
  'a//b',
  '/',
  '//',
  '%2F',
  'a/b/c/d/e',
  'hf.co/a',
  'hf.co/a/',
  '@sha256:abc',
  ':',
  'm:',
  ':latest',
  'm:a:b',
  '__proto__',
  'constructor',
  'toString',
  'null',
  '*model_name',
  ':task_id',
  'by-model',
  'health',
  'dismiss',
  'by-model/health',
  '%F0%9F%91%A8',
  '%E2%80%AEabc',
  'x'.repeat(5_000),
  `${'a/'.repeat(500)}a`,
  '?force=true',
  'm?force=[]',
  'm?force=a&force=b',
  'm?force[x]=1',
] as const;

const ROUTES = [
  ['GET', '/api/models/show/'],
  ['POST', '/api/models/unload/'],
  ['DELETE', '/api/models/delete/'],
  ['GET', '/api/models/pull/'],
  ['GET', '/api/models/pull/by-model/'],
  ['DELETE', '/api/models/pull/'],
  ['GET', '/api/models/pull/x/health/'],
  ['DELETE', '/api/models/pull/x/dismiss/'],
  ['POST', '/api/models/catalog/'],
  ['GET', '/api/models/'],
] as const;

const BODIES = [
  '',
  'x',
  'null',
  '5',
  '"m"',
  '[]',
  '[[]]',
  '{}',
  '{"name":null}',
  '{"name":{}}',
  '{"name":["m"]}',
  '{"name":true}',
  '{"name":1e400}',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  '{"name":"m","__proto__":{"name":"x"}}',
  '{"name":"m\\r\\nX-Evil: 1"}',
  '{"name":"../../x"}',
  '{"name":"file:///etc/passwd"}',
  '{"name":"https://hf.co/a/b"}',
  '{"name":"127.0.0.1:22/a/b"}',
  `{"name":"${'m'.repeat(100_000)}"}`,
  `{"name":"m","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
] as const;

describe('bad input of the model routes', () => {
  let simulator: Simulator;
  let server: ServerProcess;

  beforeAll(async () => {
    simulator = await startSimulator();
    server = await startServerProcess(simulator.url);
  });
  afterEach(() => {
    expect(server.complaint()).toBeNull();
  });
  afterAll(async () => {
    await server.close();
    await simulator.stop();
  });

  const faultOf = (request: RawRequest, answer: RawAnswer): object | null => {
    const { status, headers } = answer;
    const fault = status >= 500 ? answer.text : status < 400 ? null : shapeFault(answer);
    return fault === null && headers['x-evil'] === undefined ? null : { ...request, status, fault };
  };
  const faultsOf = async (requests: readonly RawRequest[]): Promise<(object | null)[]> => {
    const faults: (object | null)[] = [];
    for (const request of requests) {
      faults.push(faultOf(request, await send(server.url, request)));
    }
    return faults.filter((fault) => fault !== null);
  };

  it.each(ROUTES)('%s %s answers every name with an error of the right form', async (method, path) => {
    expect(await faultsOf(NAMES.map((name) => ({ method, path: path + name })))).toEqual([]);
  });

  it('a pull is refused for every body that is none, and nothing is left of it', async () => {
    for (const body of BODIES) {
      const request = { method: 'POST', path: '/api/models/pull', body };
      const answer = await send(server.url, request);
      expect(faultOf(request, answer)).toBeNull();
      expect([body.slice(0, 100), answer.status]).not.toEqual([body.slice(0, 100), 200]);
    }
    expect((await send(server.url, { path: '/api/models/pull' })).json).toEqual({});
  });

  it('the plain socket closes 4004 for every id that is none', async () => {
    for (const id of ['x', '...', '__proto__', 'constructor', '%00', '%F0%9F%91%A8', 'x'.repeat(5_000)]) {
      const client = await PlainClient.connect(server.url, `/api/models/ws/pull/${id}`);
      expect(await client.closed).toEqual({ code: 4004, reason: 'Pull task not found' });
    }
  });
});
