import { type Settings } from '../config/settings.schema';
import { databasePath } from '../database/database';
import { importExperiments } from './import-experiments';
import { importCatalog, importPullTasks } from './import-models';
import { importSaved } from './import-saved';
import { type ImportOptions } from './options';
import { type Progress } from './progress';
import { Report } from './report';
import { SourceReader } from './source-reader';
import { SourceFolder } from './source/source-folder';
import { Surveyor } from './source/surveyor';
import { type Survey } from './source/survey';
import { Batch } from './store/batch';
import { ownExperiments } from './store/experiment-store';
import { openForDryRun, openTarget, type Target } from './store/target';

/**
 * Moves all that is in the data directory of the old server into the database of this one.
 * @throws CannotImport when there is no such directory; Error when a server runs on the database
 */
export async function runImport(
  options: ImportOptions,
  settings: Settings,
  progress: Progress,
): Promise<Report> {
  const { source, timezone, isDryRun } = options;
  const report = new Report({ source, database: databasePath(settings), timezone, isDryRun });
  const folder = SourceFolder.open(source, settings.maxImportBytes);
  const survey = new Surveyor(folder, settings, report, (files) => progress.looked(files)).survey();
  progress.begin(filesOf(survey));
  const target = await (isDryRun ? openForDryRun(settings) : openTarget(settings));
  try {
    const reader = new SourceReader(folder, settings, report, timezone);
    await move(survey, { reader, target, report, settings }, progress);
  } finally {
    progress.end();
    await target.close();
  }
  return report;
}

interface MoveContext {
  readonly reader: SourceReader;
  readonly target: Target;
  readonly report: Report;
  readonly settings: Settings;
}

async function move(survey: Survey, context: MoveContext, progress: Progress): Promise<void> {
  const { reader, target, report } = context;
  const batch = new Batch(target, report);
  const advance = (files: number) => progress.advance(files);
  const steps = { survey, reader, batch, report, advance };
  const ids = survey.experiments.map(({ id }) => id);
  const own = target.read === null ? new Set<string>() : await ownExperiments(target.read, ids);
  await importExperiments(steps, own);
  await importSaved(steps);
  await batch.flush();
  if (survey.hasPullTasks) {
    await importPullTasks(context);
  }
  if (survey.hasCatalog) {
    await importCatalog(context);
  }
}

function filesOf({ experiments, conversations }: Survey): number {
  return experiments.reduce((sum, { runs }) => sum + runs.length + 1, conversations.length);
}
