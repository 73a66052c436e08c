import { Injectable } from '@nestjs/common';
import { EventPump } from './event-pump';
import { type OpenTurn, type TurnDelta } from './event-types';

type Channel = TurnDelta['channel'];

interface TurnText {
  readonly experimentId: string;
  readonly info: OpenTurn;
  /** Place of its `turn.started`: no text goes out before watchers have heard that. */
  readonly startedSeq: number;
  /** Text that watchers have. */
  readonly sent: Record<Channel, string>;
  /** Text that came before watchers could take it. */
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

  constructor(private readonly pump: EventPump) {}

  /** Registers a transport. Gives the function that takes it off again. */
  listen(listener: DeltaListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  open(experimentId: string, info: OpenTurn, startedSeq: number): void {
    const turn: TurnText = {
      experimentId,
      info,
      startedSeq,
      sent: { text: '', thinking: '' },
      held: { text: '', thinking: '' },
    };
    this.turns.set(info.turn_id, turn);
    const siblings = this.byExperiment.get(experimentId) ?? new Set();
    this.byExperiment.set(experimentId, siblings.add(turn));
  }

  /** Adds text to a turn and sends it, with what was held back before. */
  add(turnId: string, channel: Channel, text: string): void {
    const turn = this.turns.get(turnId);
    if (!turn || text === '') {
      return;
    }
    turn.held[channel] += text;
    if (this.pump.cursor(turn.experimentId) >= turn.startedSeq) {
      this.flush(turn, 'thinking');
      this.flush(turn, 'text');
    }
  }

  /** Ends a turn; call it before its message or failure is announced. */
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

  /** The turns in progress of an experiment. */
  of(experimentId: string): OpenTurn[] {
    return this.ofExperiment(experimentId).map((turn) => turn.info);
  }

  /** What a late watcher has to be sent, so that the next delta follows on without a hole. */
  textSoFar(experimentId: string): TurnDelta[] {
    return this.ofExperiment(experimentId).flatMap((turn) =>
      (['thinking', 'text'] as const)
        .filter((channel) => turn.sent[channel] !== '')
        .map((channel) => delta(turn, channel, 0, turn.sent[channel])),
    );
  }

  private ofExperiment(experimentId: string): TurnText[] {
    return [...(this.byExperiment.get(experimentId) ?? [])];
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
