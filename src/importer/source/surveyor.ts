import { basename, join, normalize } from 'node:path/posix';
import { type Settings } from '../../config/settings.schema';
import { type RecordKindName, type Report } from '../report';
import { CannotImport, reasonOf } from '../unusable';
import { type Head, readHead } from './head';
import { isRunNumber, numberRuns, type UnnumberedRun } from './run-numbers';
import { type Listing, type SourceFolder } from './source-folder';
import {
  CATALOG,
  CONVERSATIONS,
  type FoundConversation,
  type FoundExperiment,
  type FoundRun,
  PULL_TASKS,
  SAVED,
  type Survey,
} from './survey';

const JSON_FILE = /\.json$/i;
const RUN_FILE = /^(\d+)\.json$/i;
/** A run in the layout that grouped files by the title of their experiment. */
const GROUPED_RUN_FILE = /^(\d+)_conversation\.json$/i;
/** A saved conversation as it was named once; its times without a zone are UTC. */
const DATED_FILE = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_/;
/** The title that the old server gave a run. */
const RUN_TITLE = /^(?:Run|Dataset item) (\d+)$/;
const RUN_ID = /^(.+)_(\d+)$/s;
/** Folders of the data directory that are no titles of experiments. */
const OTHER_FOLDERS = new Set([CONVERSATIONS, SAVED, 'models']);

interface FoundParts extends Omit<FoundExperiment, 'runs'> {
  /** The folder, named after the title, in which an older layout kept it. */
  readonly group: string | null;
  readonly runs: Map<number, FoundRun>;
}

interface OlderRun extends UnnumberedRun {
  readonly group: string | null;
  readonly head: Head;
}

/** Looks through the data directory, in all layouts that it ever had, and finds out what is what. */
export class Surveyor {
  private readonly experiments = new Map<string, FoundParts>();
  private readonly conversations = new Map<string, FoundConversation>();
  private readonly olderRuns: OlderRun[] = [];
  private readonly runTitles = new Map<string, string>();
  private files = 0;

  /** @param looked told the number of files that were looked at, again and again */
  constructor(
    private readonly folder: SourceFolder,
    private readonly settings: Settings,
    private readonly report: Report,
    private readonly looked: (files: number) => void,
  ) {}

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
    this.sortOlderRuns();
    this.lookIntoSaved();
    return {
      experiments: [...this.experiments.values()].map(({ group: _group, runs, ...experiment }) => ({
        ...experiment,
        runs: [...runs.values()].toSorted((a, b) => a.iteration - b.iteration),
      })),
      conversations: [...this.conversations.values()],
      runTitles: this.runTitles,
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
      this.addRun(experiment, run);
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
  ): FoundParts | undefined {
    const head = this.head('experiments', path, fallbackId);
    if (head === undefined) {
      return undefined;
    }
    const same = this.experiments.get(head.id);
    if (same) {
      this.report.skip('experiments', path, `has the same id as ${same.path}`);
      return undefined;
    }
    const experiment = { id: head.id, path, isOlder, group, runs: new Map<number, FoundRun>() };
    this.experiments.set(head.id, experiment);
    return experiment;
  }

  private addRun({ id, runs }: FoundParts, run: FoundRun): void {
    const same = runs.get(run.iteration);
    if (same) {
      this.report.skip('runs', run.path, `is run ${run.iteration} of experiment ${id}, as is ${same.path}`);
    } else {
      runs.set(run.iteration, run);
    }
  }

  private addOlderRun(path: string, group: string | null): void {
    const name = basename(path);
    const head = this.head('runs', path, stem(name));
    if (head === undefined) {
      return;
    }
    this.olderRuns.push({
      path,
      group,
      head,
      claimed: head.iteration ?? numberIn(RUN_TITLE, head.title ?? ''),
      fileNumber: numberIn(GROUPED_RUN_FILE, name),
      createdAt: head.createdAt,
    });
  }

  /** Once all experiments are known: gives every run of the older layouts to its experiment. */
  private sortOlderRuns(): void {
    const runsOf = new Map<FoundParts, OlderRun[]>();
    const groups = groupsOf(this.experiments.values());
    for (const run of this.olderRuns) {
      const { head, group, path } = run;
      const experiment = this.experimentOf(head, groups.get(group ?? '') ?? []);
      if (experiment) {
        pushTo(runsOf, experiment, run);
      } else if (head.experimentId === null) {
        this.addConversation(head.id, path, true);
      } else {
        this.report.skip('runs', path, `its experiment ${head.experimentId} is not there`);
      }
    }
    for (const [experiment, runs] of runsOf) {
      for (const { run, iteration } of numberRuns(runs)) {
        this.addRun(experiment, { path: run.path, iteration, isOlder: true });
      }
    }
  }

  private experimentOf({ id, experimentId }: Head, group: readonly FoundParts[]): FoundParts | undefined {
    if (experimentId !== null) {
      return this.experiments.get(experimentId);
    }
    return this.experiments.get(RUN_ID.exec(id)?.[1] ?? '') ?? (group.length === 1 ? group[0] : undefined);
  }

  private lookIntoSaved(): void {
    for (const name of this.list(SAVED, 'conversations').files.filter((file) => JSON_FILE.test(file))) {
      const path = join(SAVED, name);
      const head = this.head('conversations', path, stem(name));
      if (head) {
        this.addSaved(head, path, DATED_FILE.test(name));
      }
    }
  }

  /** The old server made a copy when a run was edited. Its title goes to the run. */
  private addSaved({ id, title }: Head, path: string, isOlder: boolean): void {
    const [, experimentId = '', number] = RUN_ID.exec(id) ?? [];
    const run = this.experiments.get(experimentId)?.runs.get(Number(number));
    if (!run || id !== `${experimentId}_${run.iteration}`) {
      this.addConversation(id, path, isOlder);
    } else if (this.runTitles.has(id)) {
      this.report.skip('conversations', path, `is a second edited copy of the run ${id}`);
    } else {
      if (title !== null) {
        this.runTitles.set(id, title);
      }
      this.report.note(path, `is an edited copy of ${run.path}; its title goes to that run`);
    }
  }

  private addConversation(id: string, path: string, isOlder: boolean): void {
    const same = this.conversations.get(id);
    if (same) {
      this.report.skip('conversations', path, `has the same id as ${same.path}`);
    } else {
      this.conversations.set(id, { id, path, isOlder });
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

function numberIn(pattern: RegExp, text: string): number | null {
  const number = pattern.exec(text)?.[1];
  return number === undefined ? null : Number(number);
}

function stem(name: string): string {
  return name.replace(JSON_FILE, '');
}

function groupsOf(experiments: Iterable<FoundParts>): Map<string, FoundParts[]> {
  const groups = new Map<string, FoundParts[]>();
  for (const experiment of experiments) {
    if (experiment.group !== null) {
      pushTo(groups, experiment.group, experiment);
    }
  }
  return groups;
}

function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) {
    list.push(value);
  } else {
    lists.set(key, [value]);
  }
}
