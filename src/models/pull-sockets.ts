import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type WebSocket } from 'ws';
import { sendText } from '../live/plain-socket';
import { UpgradeRouter } from '../live/upgrade-router';
import { PullBook } from './pull-book';
import { PullFeed, type PullNews } from './pull-feed';
import { isActive } from './pull-state';
import { type PullTaskEntity } from './pull-task.entity';
import { taskView } from './pull-views';

const CLOSE_NORMAL = 1000;
const CLOSE_NOT_FOUND = 4004;

/**
 * The plain WebSocket `/api/models/ws/pull/{task_id}` of existing clients (wire-contract §7). Where a pull is stands in
 * memory, so a socket gets the present state and joins in one step: it misses nothing and gets nothing twice.
 */
@Injectable()
export class PullSockets implements OnModuleInit, OnApplicationShutdown {
  private readonly sockets = new Map<string, Set<WebSocket>>();
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly router: UpgradeRouter,
    private readonly book: PullBook,
    private readonly feed: PullFeed,
  ) {}

  onModuleInit(): void {
    this.router.route('/api/models/ws/pull/', (socket, id) => this.accept(socket, id));
    const subscription = this.feed.subscribe((news) => this.tell(news));
    this.stopListening = () => subscription.unsubscribe();
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  private accept(socket: WebSocket, id: string): void {
    const task = this.book.find(id);
    if (!task) {
      socket.close(CLOSE_NOT_FOUND, 'Pull task not found');
      return;
    }
    sendText(socket, statusFrame(task));
    if (!isActive(task.status)) {
      socket.close(CLOSE_NORMAL, 'Pull finished');
      return;
    }
    this.join(socket, id);
  }

  private join(socket: WebSocket, id: string): void {
    const watchers = this.sockets.get(id) ?? new Set<WebSocket>();
    this.sockets.set(id, watchers.add(socket));
    socket.once('close', () => {
      watchers.delete(socket);
      if (watchers.size === 0) {
        this.sockets.delete(id);
      }
    });
    // Whatever a client says asks how the pull stands.
    socket.on('message', () => {
      const task = this.book.find(id);
      if (task) {
        sendText(socket, statusFrame(task));
      }
    });
  }

  private tell(news: PullNews): void {
    if (news.kind !== 'status' && news.kind !== 'progress') {
      return;
    }
    const { kind, task } = news;
    const watchers = this.sockets.get(task.id);
    if (!watchers) {
      return;
    }
    const frame = kind === 'status' ? statusFrame(task) : frameOf('progress', task.progress);
    for (const socket of watchers) {
      sendText(socket, frame);
      if (!isActive(task.status)) {
        socket.close(CLOSE_NORMAL, 'Pull finished');
      }
    }
  }
}

function statusFrame(task: PullTaskEntity): string {
  return frameOf('status', taskView(task));
}

function frameOf(type: 'status' | 'progress', data: unknown): string {
  return JSON.stringify({ type, data });
}
