import { Injectable } from '@nestjs/common';
import { TranscriptReader } from '../conversations/transcript-reader';
import { type StoredEvent } from '../live/event-types';
import { type ExperimentEntity } from './experiment.entity';
import { isTerminal, legacyStatus } from './experiment-state';

/** A frame of the plain WebSocket, ready to be sent. */
export interface PlainFrame {
  readonly text: string;
  /** Whether the connection is to be closed after it. */
  readonly closes: boolean;
}

type Frame = { readonly type: 'status' | 'conversation' | 'message'; readonly data: object };

const plain = (frame: Frame, closes = false): PlainFrame => ({ text: JSON.stringify(frame), closes });

/** Says events in the frames that the existing dashboard knows (wire contract 6, "Correct server"). */
@Injectable()
export class PlainFrames {
  constructor(private readonly transcripts: TranscriptReader) {}

  /** The first frame of a connection: where the experiment stands; the only one when it is over. */
  first(experiment: ExperimentEntity): PlainFrame {
    const data = {
      experiment_id: experiment.id,
      status: legacyStatus(experiment.state),
      current_iteration: experiment.currentIteration,
    };
    return isTerminal(experiment.state)
      ? final({ ...data, completed_at: experiment.completedAt, error: experiment.error })
      : plain({ type: 'status', data });
  }

  /** The view goes on to another run. */
  enters({ id }: ExperimentEntity, iteration: number): PlainFrame {
    const data = { experiment_id: id, status: 'running', current_iteration: iteration };
    return plain({ type: 'status', data });
  }

  /** The start signal of a run; null when the run was removed. */
  async start(experiment: ExperimentEntity, iteration: number): Promise<PlainFrame | null> {
    const run = await this.transcripts.run(experiment, iteration);
    return run && plain({ type: 'conversation', data: { ...run, messages: [] } });
  }

  /** Ends the endless reconnects of the dashboard to an experiment that does not exist; the close code follows it. */
  notFound(experimentId: string): PlainFrame {
    const error = 'Experiment not found';
    return {
      ...final({ experiment_id: experimentId, status: 'error', error, completed_at: null }),
      closes: false,
    };
  }

  /**
   * The frames of an event about the experiment or the run that is told; none for events that the old protocol does not have.
   * Until the experiment is over its state is `running` for existing clients, whatever happens to it.
   */
  async of(
    event: Exclude<StoredEvent, { type: 'conversation.started' }>,
    experiment: ExperimentEntity,
  ): Promise<PlainFrame[]> {
    switch (event.type) {
      case 'experiment.status': {
        const { experiment_id, status, current_iteration, completed_at, error } = event;
        const data = { experiment_id, status, current_iteration, completed_at, error };
        return completed_at === null ? [] : [final(data)];
      }
      case 'message':
        return [plain({ type: 'message', data: event.message })];
      case 'conversation.finished':
        return [
          ...(event.state === 'error' ? [failedRun(event)] : []),
          ...(await this.snapshot(experiment, event.iteration)),
        ];
      case 'turn.discarded':
        return this.runUpTo(experiment, event);
      case 'turn.started':
      case 'turn.failed':
      case 'turn.skipped':
      case 'turn.context':
        return [];
    }
  }

  /** A start signal makes the dashboard forget the run; then it hears again what still counts. */
  private async runUpTo(
    experiment: ExperimentEntity,
    { iteration, message_seq: removed }: Extract<StoredEvent, { type: 'turn.discarded' }>,
  ): Promise<PlainFrame[]> {
    const run = await this.transcripts.run(experiment, iteration);
    if (run === null || removed === null) {
      return [];
    }
    return [
      plain({ type: 'conversation', data: { ...run, messages: [] } }),
      ...run.messages.slice(0, removed - 1).map((message) => plain({ type: 'message', data: message })),
    ];
  }

  /** A finished run with its messages; none when it was removed. */
  private async snapshot(experiment: ExperimentEntity, iteration: number): Promise<PlainFrame[]> {
    const run = await this.transcripts.run(experiment, iteration);
    return run ? [plain({ type: 'conversation', data: run })] : [];
  }
}

/** The last frame: the dashboard closes for good when it sees both flags. `error` is there only for an error. */
function final({
  error,
  ...data
}: { error: string | null; completed_at: string | null } & Record<string, unknown>): PlainFrame {
  const frame = { ...data, final: true, close_connection: true, ...(error === null ? {} : { error }) };
  return plain({ type: 'status', data: frame }, true);
}

/** A run that failed; the experiment goes on, so the connection stays. */
function failedRun(event: Extract<StoredEvent, { type: 'conversation.finished' }>): PlainFrame {
  return plain({
    type: 'status',
    data: {
      experiment_id: event.experiment_id,
      status: 'error',
      current_iteration: event.iteration,
      final: true,
      close_connection: false,
      completed_at: event.created_at,
      error: event.error,
    },
  });
}
