import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Socket } from 'node:net';

/** Every address and port that this process tries to connect to, whether anybody answers there. For specs only. */
export class ConnectionAttempts {
  readonly targets: string[] = [];

  constructor() {
    subscribe('net.client.socket', this.note);
  }

  stop(): void {
    unsubscribe('net.client.socket', this.note);
  }

  private readonly note = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.on('connectionAttempt', (address: string, port: number) =>
      this.targets.push(`${address} ${port}`),
    );
  };
}
