import { escapeControls } from '../common/logging/log-line';
import { type Outcome } from './store/decision';

export const RECORD_KINDS = ['experiments', 'runs', 'conversations', 'pull tasks', 'catalog'] as const;
export type RecordKindName = (typeof RECORD_KINDS)[number];

export type Counts = Record<Outcome, number>;

/** Something that was left out. */
export interface SkippedRecord {
  readonly kind: RecordKindName;
  /** Relative to the source. */
  readonly path: string;
  readonly reason: string;
}

/** Something that was moved in, but not exactly as it stands in the source. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

/** What an import is about, for the head of its report. */
export interface ReportHead {
  readonly source: string;
  readonly database: string;
  readonly timezone: string;
  readonly isDryRun: boolean;
}

/** Counts what became of every record and remembers why some were left out. */
export class Report {
  readonly skipped: SkippedRecord[] = [];
  readonly notes: Note[] = [];
  private readonly counts = Object.fromEntries(
    RECORD_KINDS.map((kind) => [kind, { imported: 0, updated: 0, unchanged: 0, skipped: 0 }]),
  ) as Record<RecordKindName, Counts>;

  constructor(private readonly head: ReportHead) {}

  count(kind: RecordKindName, outcome: Outcome): void {
    this.counts[kind][outcome] += 1;
  }

  skip(kind: RecordKindName, path: string, reason: string): void {
    this.skipped.push({ kind, path, reason });
    this.counts[kind].skipped += 1;
  }

  /** Runs that are left out because their experiment is: one entry for all of them. */
  skipRunsOf(experimentPath: string, count: number): void {
    if (count > 0) {
      const reason = `its ${count === 1 ? 'run was' : `${count} runs were`} left out with it`;
      this.skipped.push({ kind: 'runs', path: experimentPath, reason });
      this.counts.runs.skipped += count;
    }
  }

  note(path: string, text: string): void {
    this.notes.push({ path, text });
  }

  /** 2 when something was left out, else 0. */
  get exitCode(): number {
    return this.skipped.length > 0 ? 2 : 0;
  }

  asJson(): string {
    const { source, database, timezone, isDryRun } = this.head;
    return JSON.stringify(
      {
        source,
        database,
        timezone,
        dry_run: isDryRun,
        counts: Object.fromEntries(
          Object.entries(this.counts).map(([kind, counts]) => [kind.replace(' ', '_'), counts]),
        ),
        skipped: this.skipped,
        notes: this.notes,
      },
      null,
      2,
    );
  }

  asText(): string {
    const { source, database, timezone, isDryRun } = this.head;
    const lines = [
      `${isDryRun ? 'Would import' : 'Imported'} ${source} into ${database} (times without a zone: ${timezone})`,
      '',
      row('', ['imported', 'updated', 'unchanged', 'skipped']),
      ...RECORD_KINDS.map((kind) => row(kind, countsOf(this.counts[kind]))),
      ...section(
        'Skipped',
        this.skipped.map(({ path, reason }) => `${path}: ${reason}`),
      ),
      ...section(
        'Notes',
        this.notes.map(({ path, text }) => `${path}: ${text}`),
      ),
    ];
    return lines.map((line) => escapeControls(line)).join('\n');
  }
}

function countsOf({ imported, updated, unchanged, skipped }: Counts): string[] {
  return [imported, updated, unchanged, skipped].map(String);
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(14) + cells.map((cell) => cell.padStart(11)).join('');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
