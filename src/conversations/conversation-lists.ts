import { Injectable } from '@nestjs/common';
import {
  type Cursor,
  decodeCursor,
  DEFAULT_PAGE,
  encodeCursor,
  MAX_PAGE,
  wrongCursor,
} from '../common/pages/cursor';
import { conversationText } from './conversation-text';
import { ConversationRepository, type RunKey } from './conversation.repository';
import { type RunsQuery, type SavedConversationsQuery } from './dto/conversation-queries.dto';
import { visibleRuns } from './visible-runs';

/** The keys of one page, and where the next one begins; null when there is none. */
interface KeyPage {
  readonly ids: readonly string[];
  readonly next: Cursor | null;
}

type ReadPage = (after: Cursor | null, limit: number) => Promise<KeyPage>;

/** The lists of conversations as JSON text. They hold whole conversations, so they are made and sent one by one. */
@Injectable()
export class ConversationLists {
  constructor(private readonly repository: ConversationRepository) {}

  /** Saved conversations, newest import first. */
  saved(query: SavedConversationsQuery): AsyncGenerator<string> {
    return this.list(query, async (after, limit) => {
      const keys = await this.repository.savedKeys(query, after, limit + 1);
      const page = keys.slice(0, limit);
      return { ids: page.map(({ id }) => id), next: keys.length > limit ? (page.at(-1) ?? null) : null };
    });
  }

  /** Runs of an experiment as far as a client of the old contract may see them, in the order of their numbers. */
  async *runs(experimentId: string, query: RunsQuery): AsyncGenerator<string> {
    const isOver = await this.repository.isOver(experimentId);
    yield* this.list(query, async (after, limit) => {
      const keys = await this.repository.runKeys(experimentId, query, iterationOf(after), limit + 1);
      const { finished } = visibleRuns(keys, isOver);
      const page = finished.slice(0, limit);
      const last = page.at(-1);
      return {
        ids: page.map(({ id }) => id),
        next: finished.length > limit && last !== undefined ? cursorOf(last) : null,
      };
    });
  }

  private async *list(
    { limit, cursor }: { limit?: number; cursor?: string },
    readPage: ReadPage,
  ): AsyncGenerator<string> {
    const isPaged = limit !== undefined || cursor !== undefined;
    const pageSize = limit ?? (isPaged ? DEFAULT_PAGE : MAX_PAGE);
    let page = await readPage(cursor === undefined ? null : decodeCursor(cursor), pageSize);
    let separator = '';
    yield '{"conversations":[';
    for (;;) {
      for (const id of page.ids) {
        const row = await this.repository.find(id);
        // It may have been removed meanwhile.
        if (row) {
          yield separator + conversationText(row);
          separator = ',';
        }
      }
      if (isPaged || page.next === null) {
        break;
      }
      page = await readPage(page.next, pageSize);
    }
    const next = page.next === null ? null : encodeCursor(page.next);
    yield isPaged ? `],"nextCursor":${JSON.stringify(next)}}` : ']}';
  }
}

function cursorOf({ created_at: time, iteration }: RunKey): Cursor {
  return { time, id: String(iteration) };
}

function iterationOf(after: Cursor | null): number {
  const iteration = Number(after?.id ?? 0);
  if (!Number.isSafeInteger(iteration)) {
    throw wrongCursor(after?.id ?? '');
  }
  return iteration;
}
