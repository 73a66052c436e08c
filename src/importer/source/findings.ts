import { type Report } from '../report';
import { type Head } from './head';
import { isRunNumber, numberRuns, type UnnumberedRun } from './run-numbers';
import { type FoundConversation, type FoundExperiment, type FoundRun, type Survey } from './survey';

/** The title that the old server gave a run. */
const RUN_TITLE = /^(?:Run|Dataset item) (\d+)$/;
const RUN_ID = /^(.+)_(\d+)$/s;

/** An experiment while its runs are being found. */
export interface ExperimentParts extends Omit<FoundExperiment, 'runs'> {
  /** The folder, named after the title, in which an older layout kept it. */
  readonly group: string | null;
  readonly runs: Map<number, FoundRun>;
}

interface OlderRun extends UnnumberedRun {
  readonly head: Head;
  readonly group: string | null;
}

/** Gathers what the survey finds, and decides what belongs to what. Nothing is there twice: the first one counts. */
export class Findings {
  private readonly experiments = new Map<string, ExperimentParts>();
  private readonly conversations = new Map<string, FoundConversation>();
  private readonly olderRuns: OlderRun[] = [];
  private readonly runTitles = new Map<string, string>();
  /** Ids of runs of which there is an edited copy. */
  private readonly copies = new Set<string>();

  constructor(private readonly report: Report) {}

  /** @returns undefined when there is one of this id already */
  addExperiment(found: Omit<ExperimentParts, 'runs'>): ExperimentParts | undefined {
    const same = this.experiments.get(found.id);
    if (same) {
      this.report.skip('experiments', found.path, `has the same id as ${same.path}`);
      return undefined;
    }
    const experiment = { ...found, runs: new Map<number, FoundRun>() };
    this.experiments.set(found.id, experiment);
    return experiment;
  }

  addRun({ id, runs }: ExperimentParts, run: FoundRun): void {
    const same = runs.get(run.iteration);
    if (same) {
      this.report.skip('runs', run.path, `is run ${run.iteration} of experiment ${id}, as is ${same.path}`);
    } else {
      runs.set(run.iteration, run);
    }
  }

  /** A file of an older layout that is a run, or a saved conversation: that shows when all experiments are known. */
  addOlderRun(head: Head, run: Pick<OlderRun, 'path' | 'group' | 'fileNumber'>): void {
    const titleNumber = RUN_TITLE.exec(head.title ?? '')?.[1];
    const claimed = head.iteration ?? (titleNumber === undefined ? null : Number(titleNumber));
    this.olderRuns.push({ ...run, head, claimed, createdAt: head.createdAt });
  }

  /** Once all experiments are known: gives every run of the older layouts to its experiment. */
  settleOlderRuns(): void {
    const runsOf = new Map<ExperimentParts, OlderRun[]>();
    const groups = groupsOf(this.experiments.values());
    for (const run of this.olderRuns) {
      const { head, group, path } = run;
      const experiment = this.experimentOf(head, groups.get(group ?? '') ?? []);
      if (experiment) {
        pushTo(runsOf, experiment, run);
      } else if (head.experimentId === null) {
        this.addConversation({ id: head.id, path, isOlder: true });
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

  /**
   * Once all runs are known: adds a saved conversation. The old server made such a copy when a run was edited; its title goes
   * to the run, and where there is no file of the run any more, the copy is the run.
   */
  addSaved({ id, title }: Head, path: string, isOlder: boolean): void {
    const [, experimentId = '', number] = RUN_ID.exec(id) ?? [];
    const experiment = this.experiments.get(experimentId);
    const iteration = Number(number);
    if (!experiment || !isRunNumber(iteration) || id !== `${experimentId}_${iteration}`) {
      this.addConversation({ id, path, isOlder });
      return;
    }
    const run = experiment.runs.get(iteration);
    if (this.copies.has(id)) {
      this.report.skip('conversations', path, `is a second edited copy of the run ${id}`);
    } else if (run) {
      this.report.note(path, `is an edited copy of ${run.path}; its title goes to that run`);
      if (title !== null) {
        this.runTitles.set(id, title);
      }
    } else {
      this.report.note(path, `is an edited copy of the run ${id}, and all that is left of it`);
      this.addRun(experiment, { path, iteration, isOlder });
    }
    this.copies.add(id);
  }

  /** All that was found. */
  result(): Pick<Survey, 'experiments' | 'conversations' | 'runTitles'> {
    return {
      experiments: [...this.experiments.values()].map(({ id, path, isOlder, runs }) => ({
        id,
        path,
        isOlder,
        runs: [...runs.values()].toSorted((a, b) => a.iteration - b.iteration),
      })),
      conversations: [...this.conversations.values()],
      runTitles: this.runTitles,
    };
  }

  private addConversation(found: FoundConversation): void {
    const same = this.conversations.get(found.id);
    if (same) {
      this.report.skip('conversations', found.path, `has the same id as ${same.path}`);
    } else {
      this.conversations.set(found.id, found);
    }
  }

  /** By what the file says, by its id, or because it lies beside the only experiment of its folder. */
  private experimentOf(
    { id, experimentId }: Head,
    group: readonly ExperimentParts[],
  ): ExperimentParts | undefined {
    if (experimentId !== null) {
      return this.experiments.get(experimentId);
    }
    return this.experiments.get(RUN_ID.exec(id)?.[1] ?? '') ?? (group.length === 1 ? group[0] : undefined);
  }
}

function groupsOf(experiments: Iterable<ExperimentParts>): Map<string, ExperimentParts[]> {
  const groups = new Map<string, ExperimentParts[]>();
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
