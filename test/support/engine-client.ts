import { WebSocket } from 'ws';
import { EventLog } from './events';

/** A client that speaks Engine.IO and Socket.IO packets by hand, so that it can also send what no library would. */
export class EngineClient {
  readonly packets = new EventLog<string>();
  readonly closed: Promise<number>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) =>
      this.packets.push(isBinary ? '<binary>' : data.toString()),
    );
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', (code: number) => resolve(code)));
  }

  /** A connection that is joined to the namespace. */
  static async join(url: string, namespace = '/experiments'): Promise<EngineClient> {
    const client = EngineClient.open(url);
    await client.packets.waitFor((packet) => packet.startsWith('0'), 'the handshake');
    client.socket.send(`40${namespace},`);
    await client.packets.waitFor((packet) => packet.startsWith(`40${namespace},`), 'the namespace');
    return client;
  }

  /** A connection of which nothing is known yet. */
  static open(url: string): EngineClient {
    const address = `${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`;
    return new EngineClient(new WebSocket(address));
  }

  /** Whether the server still answers this client, or has closed the connection. */
  async fate(): Promise<'answered' | 'closed'> {
    const answered = new Promise<'answered'>((resolve) => {
      this.socket.on('message', (data: Buffer) => {
        if (data.toString() === '43/experiments,7[{"ok":true}]') {
          resolve('answered');
        }
      });
    });
    this.socket.send('42/experiments,7["subscribe.list"]');
    return Promise.race([answered, this.closed.then(() => 'closed' as const)]);
  }
}
