import { type LoadRecord } from '../../simulator/load-log';
import { type Workshop } from '../workshop';
import { startRig } from './rig';
import { runStudy, type StudyResult, TWO_MODELS } from './study';

/** A study of two models at one server with one slot, and which model was in memory when. */
export interface TimedStudy extends StudyResult {
  readonly stays: readonly LoadRecord[];
}

/** What the measurements of a round share. Each baseline is measured once, when it is first needed. */
export class Round {
  readonly items: number;
  private sideBySideStudy?: Promise<TimedStudy>;
  private runByRunStudy?: Promise<TimedStudy>;

  constructor(
    readonly workshop: Workshop,
    /** Everything small: only to see that it works. */
    readonly isQuick: boolean,
    /** Tells the user how far it is. */
    readonly tell: (text: string) => void,
  ) {
    this.items = isQuick ? 6 : 50;
  }

  /** The study of two models as the server does it when nothing is said. */
  sideBySide(): Promise<TimedStudy> {
    this.sideBySideStudy ??= this.study('the study of two models');
    return this.sideBySideStudy;
  }

  /** The same, a run after the other. */
  runByRun(): Promise<TimedStudy> {
    this.runByRunStudy ??= this.study('the study of two models, run by run', 1);
    return this.runByRunStudy;
  }

  private async study(what: string, parallelism?: number): Promise<TimedStudy> {
    this.tell(what);
    const rig = await startRig(this.workshop);
    const result = await runStudy(rig, { models: TWO_MODELS, items: this.items, parallelism });
    const [stays = []] = await Promise.all(rig.simulators.map((simulator) => simulator.loads()));
    await this.workshop.stopAll();
    return { ...result, stays };
  }
}
