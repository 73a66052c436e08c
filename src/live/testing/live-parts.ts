import { Database } from '../../database/database';
import { databaseIn, temporaryFolder } from '../../database/testing/temporary-database';
import { migrations } from '../../migrations';
import { EventLog, type EventSubject } from '../event-log';
import { EventPump } from '../event-pump';
import { type ConversationStartedData } from '../event-types';
import { OpenTurns } from '../open-turns';

/** The parts of the stream on a database of their own, put together as Nest does. For specs only. */
export class LiveParts {
  private readonly folder = temporaryFolder();
  readonly database: Database;
  readonly pump: EventPump;
  readonly log: EventLog;
  readonly openTurns: OpenTurns;

  private constructor() {
    const schema = { entities: [], migrations };
    this.database = databaseIn(this.folder.path, schema, { DATABASE_SYNCHRONOUS: 'normal' });
    this.pump = new EventPump(this.database);
    this.log = new EventLog(this.database, this.pump);
    this.openTurns = new OpenTurns(this.pump);
  }

  static async open(...experimentIds: readonly string[]): Promise<LiveParts> {
    const parts = new LiveParts();
    await parts.database.open();
    for (const id of experimentIds) {
      await parts.addExperiment(id);
    }
    return parts;
  }

  async close(): Promise<void> {
    await this.pump.idle();
    await this.database.close();
    this.folder.remove();
  }

  /** Folder of the database. */
  get path(): string {
    return this.folder.path;
  }

  async addExperiment(id: string): Promise<void> {
    await this.database.write((tx) =>
      tx.query(
        `INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds, created_at)
         VALUES (?, 'title', 'running', '{}', '[]', '{}', 1, 1, 60, '2026-01-01T00:00:00.000Z')`,
        [id],
      ),
    );
  }

  /** Place of the newest stored event. */
  async lastSeq(id: string): Promise<number> {
    const [row] = await this.database.read.query<{ last_seq: number }[]>(
      'SELECT last_seq FROM experiments WHERE id = ?',
      [id],
    );
    return row?.last_seq ?? 0;
  }

  /** Stores so many events in one unit of work. Gives their places. */
  commit(id: string, count = 1, subject: EventSubject = {}): Promise<number[]> {
    return this.log.commit(id, async ({ append }) => {
      const seqs: number[] = [];
      for (let event = 0; event < count; event += 1) {
        seqs.push(await append('conversation.started', startedData(event), subject));
      }
      return seqs;
    });
  }
}

export function startedData(iteration: number): ConversationStartedData {
  return { iteration, title: `Run ${iteration}` };
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
