import { runTask, runTitle } from '../experiments/experiment-titles';
import { type ConversationRecord, readRun } from './records/conversation-record';
import {
  completeExperiment,
  type ExperimentSketch,
  readExperiment,
  toConversationAgent,
} from './records/experiment-record';
import { type Report } from './report';
import { type OpenedFile, type SourceReader } from './source-reader';
import { type FoundExperiment, type FoundRun, type Survey } from './source/survey';
import { type Batch } from './store/batch';
import { reasonOf } from './unusable';

/** What the steps of an import share. */
export interface ImportContext {
  readonly survey: Survey;
  readonly reader: SourceReader;
  readonly batch: Batch;
  readonly report: Report;
  /** Told the number of files that are done with. */
  readonly advance: (files: number) => void;
}

interface OpenedRun extends OpenedFile {
  readonly record: ConversationRecord;
  readonly path: string;
}

/** Moves experiments with their runs. `own` are those that this server ran itself: they stay as they are. */
export async function importExperiments(context: ImportContext, own: ReadonlySet<string>): Promise<void> {
  for (const experiment of context.survey.experiments) {
    if (own.has(experiment.id)) {
      leaveOut(context, experiment, 'this server ran an experiment of its own with this id');
    } else {
      await importExperiment(context, experiment);
    }
    await context.batch.endExperiment();
  }
}

async function importExperiment(context: ImportContext, found: FoundExperiment): Promise<void> {
  const { batch, advance } = context;
  const opened = openExperiment(context, found);
  if (opened === null) {
    return;
  }
  const { sketch, bytes, reading } = opened;
  const runs = readableRuns(context, sketch, found.runs);
  const first = runs.next().value;
  // What the file of an experiment lacks is in its first run.
  batch.addExperiment(
    completeExperiment(sketch, first?.record, found.runs.length, reading.modifiedAt),
    found.path,
    bytes,
  );
  advance(1);
  for (let run = first; run !== undefined; run = runs.next().value) {
    await batch.addRun(run.record, run.path, run.bytes);
  }
}

function openExperiment(
  context: ImportContext,
  found: FoundExperiment,
): (OpenedFile & { readonly sketch: ExperimentSketch }) | null {
  try {
    const file = context.reader.openRecord(found);
    return { ...file, sketch: readExperiment(file.fields, found.id, found.runs.length, file.reading) };
  } catch (error) {
    leaveOut(context, found, reasonOf(error));
    return null;
  }
}

function* readableRuns(
  { reader, report, survey, advance }: ImportContext,
  { id, task, agents, createdAt }: ExperimentSketch,
  runs: readonly FoundRun[],
): Generator<OpenedRun, undefined> {
  for (const run of runs) {
    const { path, iteration } = run;
    advance(1);
    try {
      const file = reader.openRecord(run);
      const record = readRun(
        file.fields,
        {
          experimentId: id,
          iteration,
          title: task ? runTitle(task, iteration) : `Run ${iteration}`,
          agents: agents.map(toConversationAgent),
          prompt: task ? runTask(task, iteration) : '',
          createdAt,
        },
        file.reading,
      );
      const title = survey.runTitles.get(record.id) ?? record.title;
      yield { ...file, path, record: { ...record, title } };
    } catch (error) {
      report.skip('runs', path, reasonOf(error));
    }
  }
}

function leaveOut({ report, advance }: ImportContext, { path, runs }: FoundExperiment, reason: string): void {
  report.skip('experiments', path, reason);
  report.skipRunsOf(path, runs.length);
  advance(runs.length + 1);
}
