import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { Database } from '../database/database';

/** What a turn in progress has brought so far. */
export interface GrowingTurn {
  readonly text: string;
  readonly thinking: string;
}

interface WatchedTurn {
  readonly progress: GrowingTurn;
  /** Length of what was stored last. */
  stored: number;
}

/** Stores the text of turns in progress now and then, so that a crash costs no more of it than one interval. */
@Injectable()
export class TurnCheckpoints implements OnModuleDestroy {
  private readonly logger = new Logger(TurnCheckpoints.name);
  private readonly turns = new Map<string, WatchedTurn>();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS_TOKEN) private readonly settings: Pick<Settings, 'turnCheckpointSeconds'>,
  ) {}

  /** Looks after a turn. Gives the function that ends it; call it before the end of the turn is stored. */
  watch(turnId: string, progress: GrowingTurn): () => void {
    this.turns.set(turnId, { progress, stored: 0 });
    this.timer ??= setInterval(() => void this.store(), this.settings.turnCheckpointSeconds * 1000).unref();
    return () => {
      this.turns.delete(turnId);
      if (this.turns.size === 0) {
        this.onModuleDestroy();
      }
    };
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** A checkpoint that cannot be stored is left out: the next one has its text too. */
  private async store(): Promise<void> {
    const grown = [...this.turns].filter(([, { progress, stored }]) => lengthOf(progress) > stored);
    if (grown.length === 0) {
      return;
    }
    try {
      await this.database.write(async (tx) => {
        for (const [turnId, { progress }] of grown) {
          await tx.query(
            `UPDATE turns SET partial_text = ?, thinking = ? WHERE id = ? AND state = 'running'`,
            [textOrNull(progress.text), textOrNull(progress.thinking), turnId],
          );
        }
      });
      for (const [, turn] of grown) {
        turn.stored = lengthOf(turn.progress);
      }
    } catch (error) {
      this.logger.warn('turns in progress could not be stored; this is tried again', { error });
    }
  }
}

function lengthOf({ text, thinking }: GrowingTurn): number {
  return text.length + thinking.length;
}

function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}
