import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { anExperiment } from '../support/factories';
import { withServer } from '../support/with-server';

describe('requests at the edge of HTTP', () => {
  const server = withServer();

  /** Sends bytes as they are; the connection stays open on our side until the answer is complete. */
  const exchange = (bytes: string | Buffer) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(bytes);
    return text(socket);
  };
  const h2c =
    'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';

  it('an offer of HTTP/2, as some clients make it by default, is passed over', async () => {
    const answer = await exchange(
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${h2c}X-Request-Id: mine\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toContain('X-Request-Id: mine');
    expect(answer).toContain('{"status":"healthy"');
  });

  it.each(['at once', 'in pieces'])('a body that comes %s with such an offer is read', async (how) => {
    const body = JSON.stringify(anExperiment());
    const head = `POST /api/experiments/start HTTP/1.1\r\nHost: localhost\r\n${h2c}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.setNoDelay(true);
    const answer = text(socket);
    socket.write(how === 'at once' ? head + body : head);
    if (how === 'in pieces') {
      await new Promise((resolve) => socket.write(body.slice(0, 10), resolve));
      socket.write(body.slice(10));
    }
    expect(await answer).toMatch(/"status":"started"/);
  });

  it('access is decided for such requests as for all others', async () => {
    const answer = await exchange(`GET /api/experiments HTTP/1.1\r\nHost: evil.example\r\n${h2c}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('HOST_NOT_ALLOWED');
  });

  it.each([
    ['what is no HTTP', 'nonsense\r\n\r\n', 400],
    ['raw bytes in the path', Buffer.from('GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n', 'latin1'), 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s gets an error with the usual body', async (_, bytes, status) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"code":"BAD_REQUEST"');
  });
});
