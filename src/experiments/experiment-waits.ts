import {
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { EventPump } from '../live/event-pump';
import { type ExperimentWaited } from './dto/experiment-answers.dto';
import { ExperimentChanges } from './experiment-changes';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal, legacyStatus } from './experiment-state';

/** Requests that wait for the end of an experiment. They hear of it from the stream; nothing is asked again and again. */
@Injectable()
export class ExperimentWaits implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly stops: (() => void)[] = [];
  private isClosing = false;

  constructor(
    private readonly repository: ExperimentRepository,
    private readonly pump: EventPump,
    private readonly changes: ExperimentChanges,
  ) {}

  onModuleInit(): void {
    const removals = this.changes.subscribe(({ kind, experimentId }) => {
      if (kind === 'removed') {
        this.wake(experimentId);
      }
    });
    this.stops.push(
      this.pump.listen((event) => {
        if (event.type === 'experiment.status' && event.completed_at !== null) {
          this.wake(event.experiment_id);
        }
      }),
      () => removals.unsubscribe(),
    );
  }

  /** A server that stops answers at once. */
  onModuleDestroy(): void {
    this.isClosing = true;
    for (const experimentId of this.waiting.keys()) {
      this.wake(experimentId);
    }
  }

  onApplicationShutdown(): void {
    this.stops.forEach((stop) => stop());
  }

  /**
   * Resolves when the experiment is over, or after so many seconds, or when the client has left.
   * @returns where it stands then
   * @throws DomainError EXPERIMENT_NOT_FOUND, also when it is removed meanwhile
   */
  async untilOver(experimentId: string, seconds: number, left: AbortSignal): Promise<ExperimentWaited> {
    // Listens before it looks, so that an end between the two is not missed.
    const call = this.listen(experimentId, left);
    try {
      const experiment = await this.repository.get(experimentId);
      if (isTerminal(experiment.state)) {
        return await this.answer(experiment);
      }
      await call.within(seconds * 1000);
      return await this.answer(await this.repository.get(experimentId));
    } finally {
      call.end();
    }
  }

  private listen(
    experimentId: string,
    left: AbortSignal,
  ): { readonly within: (ms: number) => Promise<void>; readonly end: () => void } {
    let timer: NodeJS.Timeout | undefined;
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const calls = this.waiting.get(experimentId) ?? new Set<() => void>();
    this.waiting.set(experimentId, calls.add(wake));
    left.addEventListener('abort', wake, { once: true });
    if (left.aborted || this.isClosing) {
      wake();
    }
    return {
      within: (ms) => {
        timer = setTimeout(wake, ms);
        return woken;
      },
      end: () => {
        clearTimeout(timer);
        left.removeEventListener('abort', wake);
        calls.delete(wake);
        if (calls.size === 0 && this.waiting.get(experimentId) === calls) {
          this.waiting.delete(experimentId);
        }
      },
    };
  }

  private wake(experimentId: string): void {
    for (const wake of this.waiting.get(experimentId) ?? []) {
      wake();
    }
  }

  private async answer(experiment: ExperimentEntity): Promise<ExperimentWaited> {
    const { id, state, pauseReason } = experiment;
    return {
      experiment_id: id,
      ...(await this.repository.status(experiment)),
      status: legacyStatus(state),
      state,
      pause_reason: pauseReason,
      finished: isTerminal(state),
    };
  }
}
