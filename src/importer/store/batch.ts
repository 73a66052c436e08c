import { type ConversationRecord } from '../records/conversation-record';
import { type ExperimentRecord } from '../records/experiment-record';
import { type Report } from '../report';
import { runStore, savedStore } from './conversation-store';
import { countRuns, experimentStore } from './experiment-store';
import { type Incoming, planFor } from './plan';
import { type Target } from './target';

/** Bytes of files that go into one transaction: few wait for the disk, and none needs texts of many megabytes. */
const FULL_BYTES = 250_000;
/** Past this, an experiment is stored in parts: it must not fill the memory. */
const OVERFULL_BYTES = 2_000_000;

/** Gathers records until a transaction is worth its while. */
export class Batch {
  private experiments: Incoming<ExperimentRecord>[] = [];
  private runs: Incoming<ConversationRecord>[] = [];
  private saved: Incoming<ConversationRecord>[] = [];
  private bytes = 0;

  constructor(
    private readonly target: Target,
    private readonly report: Report,
  ) {}

  addExperiment(record: ExperimentRecord, path: string, bytes: number): void {
    this.experiments.push({ record, path });
    this.bytes += bytes;
  }

  /** Its experiment has been added before. */
  async addRun(record: ConversationRecord, path: string, bytes: number): Promise<void> {
    this.runs.push({ record, path });
    this.bytes += bytes;
    await this.flushFrom(OVERFULL_BYTES);
  }

  async addSaved(record: ConversationRecord, path: string, bytes: number): Promise<void> {
    this.saved.push({ record, path });
    this.bytes += bytes;
    await this.flushFrom(FULL_BYTES);
  }

  /** An experiment is complete. */
  endExperiment(): Promise<void> {
    return this.flushFrom(FULL_BYTES);
  }

  /** Stores all that was gathered. */
  async flush(): Promise<void> {
    const { read } = this.target;
    const experiments = await planFor(experimentStore, this.experiments, read);
    const runs = await planFor(runStore, this.runs, read);
    const saved = await planFor(savedStore, this.saved, read);
    const changedRuns = new Set(runs.changed);
    const touched = new Set([
      ...experiments.changed,
      ...this.runs.flatMap(({ record: { id, experimentId } }) =>
        changedRuns.has(id) ? [experimentId ?? ''] : [],
      ),
    ]);
    if (touched.size > 0 || saved.changed.length > 0) {
      await this.target.write(async (tx) => {
        await experiments.write(tx);
        await runs.write(tx);
        await saved.write(tx);
        await countRuns(tx, [...touched]);
      });
    }
    for (const plan of [experiments, runs, saved]) {
      plan.tell(this.report);
    }
    this.experiments = [];
    this.runs = [];
    this.saved = [];
    this.bytes = 0;
  }

  private async flushFrom(bytes: number): Promise<void> {
    if (this.bytes >= bytes) {
      await this.flush();
    }
  }
}
