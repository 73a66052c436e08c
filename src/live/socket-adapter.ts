import { type IncomingMessage } from 'node:http';
import { type INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { type Server, type ServerOptions } from 'socket.io';
import { type AccessGuard } from '../common/access/access-guard';
import { type Settings } from '../config/settings.schema';

/** Largest packet that a client may send. */
const MAX_PACKET_BYTES = 1_000_000;

/**
 * Socket.IO as this server runs it. Compression is off: it costs more than it saves on a local network. Upgrades
 * that are not Socket.IO's are left alone, since the plain sockets share the HTTP server.
 */
export class SocketAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly settings: Settings,
    private readonly guard: AccessGuard,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const { corsOrigins, corsAllowCredentials, socketPingIntervalMs } = this.settings;
    return super.createIOServer(port, {
      ...options,
      path: '/socket.io',
      destroyUpgrade: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: MAX_PACKET_BYTES,
      pingInterval: socketPingIntervalMs,
      cors: { origin: [...corsOrigins], credentials: corsAllowCredentials },
      allowRequest: (request: IncomingMessage, decide: (error: string | null, allowed: boolean) => void) => {
        const decision = this.guard(request, 'handshake');
        decide(decision.allowed ? null : decision.message, decision.allowed);
      },
    } as ServerOptions);
  }
}
