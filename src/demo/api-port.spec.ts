import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { freePort } from './api-port';

describe(freePort.name, () => {
  const servers: Server[] = [];

  async function occupy(host: string): Promise<number> {
    const server = createServer().listen(0, host);
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  afterEach(() => {
    servers.splice(0).forEach((server) => server.close());
  });

  it('is the wanted one when nobody has it', async () => {
    const port = await occupy('127.0.0.1');
    const server = servers.pop();
    server?.close();
    await once(server as Server, 'close');

    await expect(freePort(port, '0.0.0.0')).resolves.toBe(port);
  });

  it('is another one when somebody has it on one address', async () => {
    const taken = await occupy('127.0.0.1');
    const port = await freePort(taken, '0.0.0.0');

    expect(port).not.toBe(taken);
    expect(port).toBeGreaterThan(0);
  });

  it('is any free one when none is wanted', async () => {
    await expect(freePort(0, '127.0.0.1')).resolves.toBeGreaterThan(0);
  });
});
