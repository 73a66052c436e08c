import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

/** The least that a server on Node costs. */
const server = createServer((_request, response) => response.end('ok'));

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
