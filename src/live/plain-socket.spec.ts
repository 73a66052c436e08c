import { WebSocket } from 'ws';
import { sendText } from './plain-socket';

describe('sendText', () => {
  const socketWith = (state: { readyState: number; bufferedAmount: number }) => ({
    ...state,
    send: jest.fn(),
    terminate: jest.fn(),
  });
  const sendTo = (socket: ReturnType<typeof socketWith>) => sendText(socket as unknown as WebSocket, 'text');

  it('sends to a socket that is open', () => {
    const socket = socketWith({ readyState: WebSocket.OPEN, bufferedAmount: 16 * 1024 * 1024 });
    sendTo(socket);
    expect(socket.send).toHaveBeenCalledWith('text');
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
    const socket = socketWith({ readyState: WebSocket.OPEN, bufferedAmount: 16 * 1024 * 1024 + 1 });
    sendTo(socket);
    expect(socket.send).not.toHaveBeenCalled();
    expect(socket.terminate).toHaveBeenCalled();
  });
});
