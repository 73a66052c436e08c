import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from './api-port';

describe('freePort', () => {
  let server: Server;

  /** A port that another program has. */
  async function takePort(): Promise<number> {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async function giveBack(): Promise<void> {
    server.close();
    await once(server, 'close');
  }

  it('is the wanted one when nobody has it', async () => {
    const port = await takePort();
    await giveBack();

    await expect(freePort(port, '0.0.0.0')).resolves.toBe(port);
  });

  it('is another one when somebody has it on one address', async () => {
    const taken = await takePort();
    const port = await freePort(taken, '0.0.0.0');
    await giveBack();

    expect(taken).toBeGreaterThan(0);
    expect(port).toBeGreaterThan(0);
    expect(port).not.toBe(taken);
  });

  it('is any free one when none is wanted', async () => {
    await expect(freePort(0, '127.0.0.1')).resolves.toBeGreaterThan(0);
  });
});
