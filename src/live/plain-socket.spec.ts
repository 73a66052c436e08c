import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { MAX_WAITING_BYTES, sendBacklogText, sendText } from './plain-socket';

describe('sendText', () => {
  const socketWith = (state: { readyState: number; bufferedAmount: number }) => ({
    ...state,
    send: jest.fn(),
    terminate: jest.fn(),
  });
  const sendTo = (socket: ReturnType<typeof socketWith>) => sendText(socket as unknown as WebSocket, 'text');

  it('sends to a socket that is open', () => {
    const socket = socketWith({ readyState: WebSocket.OPEN, bufferedAmount: MAX_WAITING_BYTES });
    sendTo(socket);
    expect(socket.send).toHaveBeenCalledWith('text', undefined);
    expect(socket.terminate).not.toHaveBeenCalled();
  });

  it.each([WebSocket.CONNECTING, WebSocket.CLOSING, WebSocket.CLOSED])(
    'does nothing in the state %i',
    (readyState) => {
      const socket = socketWith({ readyState, bufferedAmount: Infinity });
      sendTo(socket);
      expect(socket.send).not.toHaveBeenCalled();
      expect(socket.terminate).not.toHaveBeenCalled();
    },
  );

  it('cuts off a client that does not read', () => {
    const socket = socketWith({ readyState: WebSocket.OPEN, bufferedAmount: MAX_WAITING_BYTES + 1 });
    sendTo(socket);
    expect(socket.send).not.toHaveBeenCalled();
    expect(socket.terminate).toHaveBeenCalled();
  });
});

describe('plain sockets on a real connection', () => {
  const MB = 1024 * 1024;
  let server: WebSocketServer;
  let client: WebSocket;
  let socket: WebSocket;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [[socket]] = (await Promise.all([accepted, once(client, 'open')])) as [[WebSocket], unknown];
  });
  afterEach(() => {
    client.terminate();
    server.close();
  });

  it('get a text of any length through, and what follows it at once', async () => {
    const lengths: number[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (data) => {
        lengths.push((data as Buffer).length);
        if (lengths.length === 3) {
          resolve();
        }
      });
    });
    sendText(socket, 'x'.repeat(8 * MB));
    sendText(socket, 'conversation');
    sendText(socket, 'status');
    await all;

    expect(lengths).toEqual([8 * MB, 12, 6]);
  });

  it('bound what waits for a client that does not read', async () => {
    client.pause();
    let most = 0;
    for (let sent = 0; sent < 400 && socket.readyState === WebSocket.OPEN; sent += 1) {
      sendText(socket, 'x'.repeat(MB / 16));
      most = Math.max(most, socket.bufferedAmount);
      await new Promise(setImmediate);
    }

    expect(socket.readyState).not.toBe(WebSocket.OPEN);
    expect(most).toBeLessThan(1.5 * MB);
  });

  it('send a backlog no faster than it is read, and give it up when the client leaves', async () => {
    client.pause();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 4_000 && socket.readyState === WebSocket.OPEN; sent += 1) {
        await sendBacklogText(socket, 'x'.repeat(MB / 16));
      }
    })();
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
    expect(sent).toBeLessThan(4_000);
    expect(socket.bufferedAmount).toBeLessThan(MB / 4);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    client.terminate();

    await expect(sending).resolves.toBeUndefined();
  });
});
