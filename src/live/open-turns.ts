import { Injectable } from '@nestjs/common';
import { EventPump } from './event-pump';
import { type OpenTurn, type StoredEvent, type TurnDelta } from './event-types';

type Channel = TurnDelta['channel'];

interface TurnText {
  readonly experimentId: string;
  readonly info: OpenTurn;
  /** Whether watchers have heard that the turn started: no text goes out before that. */
  announced: boolean;
  /** Text that watchers have. */
  readonly sent: Record<Channel, string>;
  /** Text that came before the turn was announced. */
  readonly held: Record<Channel, string>;
}

export type DeltaListener = (delta: TurnDelta) => void;

/**
 * The turns in progress with the text that they have so far. The text is not stored: it passes by as deltas, and
 * who comes late gets it in one piece first.
 */
@Injectable()
export class OpenTurns {
  private readonly turns = new Map<string, TurnText>();
  private readonly byExperiment = new Map<string, Set<TurnText>>();
  private readonly listeners = new Set<DeltaListener>();

  constructor(pump: EventPump) {
    pump.listen((event) => this.hear(event));
  }

  /** Registers a transport. Gives the function that takes it off again. */
  listen(listener: DeltaListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Begins a turn; call it before its `turn.started` is stored. */
  open(experimentId: string, info: OpenTurn): void {
    const turn: TurnText = {
      experimentId,
      info,
      announced: false,
      sent: { text: '', thinking: '' },
      held: { text: '', thinking: '' },
    };
    this.turns.set(info.turn_id, turn);
    const siblings = this.byExperiment.get(experimentId) ?? new Set();
    this.byExperiment.set(experimentId, siblings.add(turn));
  }

  /** Adds text to a turn and sends it as soon as the turn is announced. */
  add(turnId: string, channel: Channel, text: string): void {
    const turn = this.turns.get(turnId);
    if (!turn || text === '') {
      return;
    }
    turn.held[channel] += text;
    if (turn.announced) {
      this.flush(turn, channel);
    }
  }

  /** Ends a turn; call it before its message or failure is stored. */
  close(turnId: string): void {
    const turn = this.turns.get(turnId);
    if (!turn) {
      return;
    }
    this.turns.delete(turnId);
    const siblings = this.byExperiment.get(turn.experimentId);
    siblings?.delete(turn);
    if (siblings?.size === 0) {
      this.byExperiment.delete(turn.experimentId);
    }
  }

  /** The announced turns in progress of an experiment. */
  of(experimentId: string): OpenTurn[] {
    return this.announcedTurns(experimentId).map((turn) => turn.info);
  }

  /** What a late watcher has to be sent, so that the next delta follows on without a hole. */
  textSoFar(experimentId: string): TurnDelta[] {
    return this.announcedTurns(experimentId).flatMap((turn) =>
      (['thinking', 'text'] as const)
        .filter((channel) => turn.sent[channel] !== '')
        .map((channel) => delta(turn, channel, 0, turn.sent[channel])),
    );
  }

  /** In a microtask, when every transport has told its watchers of the event. */
  private hear(event: StoredEvent): void {
    const turn = event.type === 'turn.started' ? this.turns.get(event.turn_id ?? '') : undefined;
    if (turn) {
      queueMicrotask(() => {
        if (!this.turns.has(turn.info.turn_id)) {
          return;
        }
        turn.announced = true;
        this.flush(turn, 'thinking');
        this.flush(turn, 'text');
      });
    }
  }

  private announcedTurns(experimentId: string): TurnText[] {
    return [...(this.byExperiment.get(experimentId) ?? [])].filter(({ announced }) => announced);
  }

  private flush(turn: TurnText, channel: Channel): void {
    const text = turn.held[channel];
    if (text === '') {
      return;
    }
    const passing = delta(turn, channel, turn.sent[channel].length, text);
    turn.held[channel] = '';
    turn.sent[channel] += text;
    for (const listener of this.listeners) {
      listener(passing);
    }
  }
}

function delta(turn: TurnText, channel: Channel, offset: number, text: string): TurnDelta {
  return {
    experiment_id: turn.experimentId,
    conversation_id: turn.info.conversation_id,
    turn_id: turn.info.turn_id,
    attempt: turn.info.attempt,
    channel,
    offset,
    text,
  };
}
