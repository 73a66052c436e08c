import { basename, join, normalize } from 'node:path/posix';
import { type Settings } from '../../config/settings.schema';
import { type RecordKindName, type Report } from '../report';
import { CannotImport, reasonOf } from '../unusable';
import { type ExperimentParts, Findings } from './findings';
import { type Head, readHead } from './head';
import { isRunNumber } from './run-numbers';
import { type Listing, type SourceFolder } from './source-folder';
import { CATALOG, CONVERSATIONS, type FoundRun, PULL_TASKS, SAVED, type Survey } from './survey';

const JSON_FILE = /\.json$/i;
const RUN_FILE = /^(\d+)\.json$/i;
/** A run in the layout that grouped files by the title of their experiment. */
const GROUPED_RUN_FILE = /^(\d+)_conversation\.json$/i;
/** A saved conversation as it was named once; its times without a zone are UTC. */
const DATED_FILE = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_/;
/** Folders of the data directory that are no titles of experiments. */
const OTHER_FOLDERS = new Set([CONVERSATIONS, SAVED, 'models']);

/** Looks through the data directory, in all layouts that it ever had, and finds out what is what. */
export class Surveyor {
  private readonly findings: Findings;
  private files = 0;

  /** @param looked told the number of files that were looked at, again and again */
  constructor(
    private readonly folder: SourceFolder,
    private readonly settings: Settings,
    private readonly report: Report,
    private readonly looked: (files: number) => void,
  ) {
    this.findings = new Findings(report);
  }

  /** @throws CannotImport when nothing of the old server is there */
  survey(): Survey {
    const experiments = normalize(this.settings.experimentsDirectory.replaceAll('\\', '/'));
    const root = this.listRoot(experiments.split('/')[0] ?? '');
    const known = [experiments.split('/')[0] ?? '', CONVERSATIONS, SAVED];
    if (
      !known.some((name) => root.folders.includes(name)) &&
      ![PULL_TASKS, CATALOG].some((name) => root.files.includes(name))
    ) {
      throw new CannotImport(
        `This is no data directory of the FastAPI backend: it has neither ${experiments}/ nor ${SAVED}/.`,
      );
    }
    this.lookIntoExperiments(experiments);
    this.lookIntoOlderConversations();
    for (const title of root.folders.filter((name) => !OTHER_FOLDERS.has(name) && name !== known[0])) {
      this.lookIntoGroup(title, title, 'top');
    }
    this.findings.settleOlderRuns();
    this.lookIntoSaved();
    return {
      ...this.findings.result(),
      hasPullTasks: root.files.includes(PULL_TASKS),
      hasCatalog: root.files.includes(CATALOG),
    };
  }

  private lookIntoExperiments(directory: string): void {
    const { folders, files } = this.list(directory, 'experiments');
    // The current layout first: what is there twice counts in its newest form.
    for (const name of folders) {
      this.lookIntoExperiment(join(directory, name), name);
    }
    for (const name of folders) {
      this.lookIntoGroup(join(directory, name), name, 'experiments');
    }
    for (const name of files.filter((file) => JSON_FILE.test(file))) {
      this.addExperiment(join(directory, name), stem(name), true, null);
    }
  }

  /** A folder of the current layout: the experiment and its runs. */
  private lookIntoExperiment(directory: string, name: string): void {
    const { folders, files, problems } = this.list(directory, 'experiments');
    const path = join(directory, 'experiment.json');
    const runs = folders.includes(CONVERSATIONS) ? this.listRuns(join(directory, CONVERSATIONS)) : [];
    if (!files.includes('experiment.json')) {
      if (
        folders.includes(CONVERSATIONS) &&
        !problems.some((problem) => problem.name === 'experiment.json')
      ) {
        this.report.skip('experiments', path, 'cannot be read: it does not exist');
      }
      this.report.skipRunsOf(path, runs.length);
      return;
    }
    const experiment = this.addExperiment(path, name, false, null);
    if (experiment === undefined) {
      this.report.skipRunsOf(path, runs.length);
      return;
    }
    for (const run of runs) {
      this.findings.addRun(experiment, run);
    }
  }

  private listRuns(directory: string): FoundRun[] {
    return this.list(directory, 'runs')
      .files.filter((name) => JSON_FILE.test(name))
      .flatMap((name) => {
        const path = join(directory, name);
        const iteration = Number(RUN_FILE.exec(name)?.[1] ?? Number.NaN);
        if (!isRunNumber(iteration)) {
          this.report.skip('runs', path, 'its name is not the number of a run');
          return [];
        }
        return [{ path, iteration, isOlder: false }];
      });
  }

  /** A folder that an older layout named after the title of an experiment, and what it may hold by where it is. */
  private lookIntoGroup(directory: string, group: string, where: 'top' | 'experiments' | 'runs'): void {
    const { files } = this.list(directory, where === 'runs' ? 'runs' : null);
    const isCurrent = files.includes('experiment.json');
    for (const name of files.filter((file) => JSON_FILE.test(file))) {
      const path = join(directory, name);
      if (GROUPED_RUN_FILE.test(name)) {
        this.addOlderRun(path, group);
      } else if (where === 'experiments' && !isCurrent) {
        this.addExperiment(path, stem(name), true, group);
      } else if (where !== 'top' && name !== 'experiment.json') {
        this.report.note(path, 'is no file of the FastAPI backend; it was left out');
      }
    }
  }

  private lookIntoOlderConversations(): void {
    const { folders, files } = this.list(CONVERSATIONS, 'runs');
    for (const name of folders) {
      this.lookIntoGroup(join(CONVERSATIONS, name), name, 'runs');
    }
    for (const name of files.filter((file) => JSON_FILE.test(file))) {
      this.addOlderRun(join(CONVERSATIONS, name), null);
    }
  }

  private addExperiment(
    path: string,
    fallbackId: string,
    isOlder: boolean,
    group: string | null,
  ): ExperimentParts | undefined {
    const head = this.head('experiments', path, fallbackId);
    return head && this.findings.addExperiment({ id: head.id, path, isOlder, group });
  }

  private addOlderRun(path: string, group: string | null): void {
    const name = basename(path);
    const head = this.head('runs', path, stem(name));
    if (head) {
      const number = GROUPED_RUN_FILE.exec(name)?.[1];
      this.findings.addOlderRun(head, {
        path,
        group,
        fileNumber: number === undefined ? null : Number(number),
      });
    }
  }

  private lookIntoSaved(): void {
    for (const name of this.list(SAVED, 'conversations').files.filter((file) => JSON_FILE.test(file))) {
      const path = join(SAVED, name);
      const head = this.head('conversations', path, stem(name));
      if (head) {
        this.findings.addSaved(head, path, DATED_FILE.test(name));
      }
    }
  }

  private head(kind: RecordKindName, path: string, fallbackId: string): Head | undefined {
    this.files += 1;
    this.looked(this.files);
    try {
      return readHead(this.folder, path, fallbackId, this.settings);
    } catch (error) {
      this.report.skip(kind, path, reasonOf(error));
      return undefined;
    }
  }

  /** The data directory itself, where there may be anything else too. */
  private listRoot(experiments: string): Listing {
    const kinds: Partial<Record<string, RecordKindName>> = {
      [experiments]: 'experiments',
      [CONVERSATIONS]: 'runs',
      [SAVED]: 'conversations',
      [PULL_TASKS]: 'pull tasks',
      [CATALOG]: 'catalog',
    };
    const listing = this.folder.list('.');
    for (const { name, reason } of listing.problems) {
      const kind = kinds[name];
      if (kind === undefined) {
        this.report.note(name, reason);
      } else {
        this.report.skip(kind, name, reason);
      }
    }
    return listing;
  }

  /** @param kind under which useless entries are reported; null when they are of no concern or have been reported already */
  private list(directory: string, kind: RecordKindName | null): Listing {
    const listing = this.folder.list(directory);
    if (kind !== null) {
      for (const { name, reason } of listing.problems) {
        this.report.skip(kind, join(directory, name), reason);
      }
    }
    return listing;
  }
}

function stem(name: string): string {
  return name.replace(JSON_FILE, '');
}
