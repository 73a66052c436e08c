import { Logger } from '@nestjs/common';
import { ProbeApp } from './testing/probe-app';

const ID = expect.stringMatching(/^[\w.-]{1,64}$/);

describe('HttpErrorsFilter', () => {
  let app: ProbeApp;
  let logged: jest.SpyInstance;

  beforeAll(async () => {
    app = await ProbeApp.start();
  });

  afterAll(() => app.stop());

  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
  });

  afterEach(() => {
    logged.mockRestore();
  });

  describe('error bodies', () => {
    it('has the envelope for experiments and conversations', async () => {
      const answer = await app.call('GET', '/api/experiments/e1');
      expect(answer.status).toBe(404);
      expect(answer.json).toEqual({
        error: 'NOT_FOUND',
        message: 'Experiment not found',
        details: { resource_type: 'experiment', resource_id: 'e1' },
        code: 'EXPERIMENT_NOT_FOUND',
        request_id: ID,
      });
    });

    it('has detail for everything else, and Retry-After where trying again helps', async () => {
      const answer = await app.call('GET', '/api/busy');
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.json).toEqual({
        detail: 'The database is locked',
        code: 'DATABASE_BUSY',
        request_id: ID,
      });
    });

    it('tells nothing of an unforeseen error, and logs it with its stack and the id', async () => {
      const answer = await app.call('GET', '/api/broken/1?token=hidden', { 'x-request-id': 'r1' });
      expect(answer.status).toBe(500);
      expect(answer.json).toEqual({
        detail: 'Internal Server Error',
        code: 'INTERNAL_ERROR',
        request_id: 'r1',
      });
      expect(logged.mock.calls).toEqual([
        [
          'Request failed',
          {
            code: 'INTERNAL_ERROR',
            status: 500,
            method: 'GET',
            path: '/api/broken/1',
            request_id: 'r1',
            error: expect.any(TypeError),
          },
        ],
      ]);
      expect((await app.call('GET', '/api/experiments/e1/broken')).json).toEqual({
        error: 'INTERNAL_ERROR',
        message: 'Internal Server Error',
        details: {},
        code: 'INTERNAL_ERROR',
        request_id: ID,
      });
    });

    it('only ends an answer that has begun', async () => {
      const answer = await app.call('GET', '/api/experiments/e1/half');
      expect(answer.status).toBe(200);
      expect(answer.body).toBe('{"half":true}\n');
      expect(logged).toHaveBeenCalledTimes(1);
    });

    it('answers HEAD with the status and no body', async () => {
      const found = await app.call('HEAD', '/api/experiments');
      expect([found.status, found.body]).toEqual([200, '']);
      const missing = await app.call('HEAD', '/api/experiments/e1');
      expect([missing.status, missing.body]).toEqual([404, '']);
    });
  });

  describe('paths and methods', () => {
    it.each([
      '/',
      '/nowhere',
      '/api/experimentsx',
      '/api/experiments/a/b/c',
      '//evil.com',
      '/api/%65xperiments',
    ])('answers 404 for %s', async (path) => {
      const answer = await app.call('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.json).toEqual({ detail: 'Not Found', code: 'ROUTE_NOT_FOUND', request_id: ID });
    });

    it.each([
      ['DELETE', '/api/experiments', 'GET, HEAD'],
      ['PATCH', '/api/experiments/e1', 'GET, HEAD, PUT'],
      ['POST', '/api/experiments/e1', 'GET, HEAD, PUT'],
      ['GET', '/api/conversations', 'POST'],
      ['HEAD', '/api/conversations', 'POST'],
      ['OPTIONS', '/api/experiments', 'GET, HEAD'],
      ['TRACE', '/api/experiments', 'GET, HEAD'],
    ])('answers 405 for %s %s and names what is allowed', async (method, path, allow) => {
      const answer = await app.call(method, path);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe(allow);
      expect(answer.body).toBe(
        method === 'HEAD'
          ? ''
          : JSON.stringify({
              detail: 'Method Not Allowed',
              code: 'METHOD_NOT_ALLOWED',
              request_id: answer.headers['x-request-id'],
            }),
      );
    });

    it.each(['/api/experiments/%FF', '/api/experiments/%ED%A0%80', '/api/experiments/%'])(
      'answers 400 for the broken percent-encoding of %s',
      async (path) => {
        const answer = await app.call('GET', path);
        expect(answer.status).toBe(400);
        expect(answer.json).toEqual({
          detail: expect.any(String),
          code: 'BAD_REQUEST',
          request_id: ID,
        });
      },
    );
  });
});
