import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AccessGuard } from '../common/access/access-guard';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { ignoreUpgrade, isWebSocketUpgrade } from './other-upgrades';

/** Takes a plain WebSocket whose handshake is done; `id` is the last part of its path. */
export type PlainSocketHandler = (socket: WebSocket, id: string) => void;

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Provider of the one guard that decides for HTTP and for all sockets. */
export const ACCESS_GUARD = Symbol('ACCESS_GUARD');

const SOCKET_IO_PATH = '/socket.io/';
/** Where Socket.IO is reached through the proxy of existing installations, which forwards `/api/` and `/ws/` only. */
const SOCKET_IO_PROXY_PATH = '/ws/socket.io/';

/** Largest frame that a plain client may send; what it sends is not used. */
const MAX_FRAME_BYTES = 64 * 1024;

/**
 * Gives every WebSocket upgrade to whom it belongs: Socket.IO, one of the plain sockets, or nobody (404). Someone
 * has to answer each of them, or the connection hangs.
 */
@Injectable()
export class UpgradeRouter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(UpgradeRouter.name);
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  });
  private readonly routes: { readonly prefix: string; readonly handler: PlainSocketHandler }[] = [];
  private pingTimer?: NodeJS.Timeout;

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(ACCESS_GUARD) private readonly guard: AccessGuard,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Registers plain sockets at `<prefix><id>`. */
  route(prefix: string, handler: PlainSocketHandler): void {
    this.routes.push({ prefix, handler });
  }

  /** After Socket.IO has attached its own listeners: it is handed its upgrades from here. */
  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.prependListener('request', rewriteProxyPath);
    const socketIo = server.listeners('upgrade') as UpgradeListener[];
    server.removeAllListeners('upgrade');
    server.on('upgrade', (request, socket, head) => {
      if (!isWebSocketUpgrade(request)) {
        ignoreUpgrade(server, request, socket, head);
        return;
      }
      rewriteProxyPath(request);
      this.upgrade(request, socket, head, socketIo);
    });
    this.pingTimer = setInterval(() => this.pingAll(), this.settings.socketPingIntervalMs);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.pingTimer);
    for (const socket of this.sockets.clients) {
      socket.close(1001, 'Server is closing');
    }
    this.sockets.close();
  }

  private upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    socketIo: readonly UpgradeListener[],
  ): void {
    socket.on('error', () => socket.destroy());
    const decision = this.guard(request, 'handshake');
    if (!decision.allowed) {
      refuse(socket, 403, { detail: decision.message, code: decision.code });
      return;
    }
    if (request.url?.startsWith(SOCKET_IO_PATH)) {
      socketIo.forEach((listener) => listener(request, socket, head));
      return;
    }
    const route = this.find(request.url ?? '');
    if (!route) {
      refuse(socket, 404, { detail: 'Not Found', code: 'ROUTE_NOT_FOUND' });
      return;
    }
    this.sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('error', (error) => this.logger.debug('plain socket failed', { error }));
      answerPings(accepted);
      route.handler(accepted, route.id);
    });
  }

  private find(url: string): { readonly handler: PlainSocketHandler; readonly id: string } | null {
    const path = (url.split('?', 1)[0] ?? '').replace(/\/$/, '');
    for (const { prefix, handler } of this.routes) {
      const id = path.startsWith(prefix) ? decode(path.slice(prefix.length)) : null;
      if (id !== null && id !== '' && !id.includes('/')) {
        return { handler, id };
      }
    }
    return null;
  }

  /** Pings keep proxies from closing silent connections, and show which clients are gone. */
  private pingAll(): void {
    for (const socket of this.sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate();
      } else {
        silent.add(socket);
        socket.ping();
      }
    }
  }
}

/** Sockets that have not answered the last ping yet. */
const silent = new WeakSet<WebSocket>();

function answerPings(socket: WebSocket): void {
  socket.on('pong', () => silent.delete(socket));
}

function rewriteProxyPath(request: IncomingMessage): void {
  if (request.url?.startsWith(SOCKET_IO_PROXY_PATH)) {
    request.url = SOCKET_IO_PATH + request.url.slice(SOCKET_IO_PROXY_PATH.length);
  }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function refuse(socket: Duplex, status: number, body: object): void {
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
