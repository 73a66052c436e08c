import { type StoredEvent, type TurnDelta } from '../live/event-types';
import { type Paint } from './colours';
import { WordWrap, wrapText } from './word-wrap';

/** The turn in progress and what is printed of it. */
interface PrintedTurn {
  readonly id: string;
  readonly attempt: number;
  readonly colour: string;
  readonly wrap: WordWrap;
  /** Text that was handed on so far. */
  text: string;
}

const INDENT = '  ';

/**
 * Turns the events of an experiment into what is printed: the name of each speaker, below it what it says as it
 * says it, a blank line between two turns. Thinking is left out. Only texts go in and out.
 */
export class ConversationPrinter {
  private turn?: PrintedTurn;

  constructor(
    /** Colours (`#RRGGBB`) by the names of the agents. */
    private readonly colours: ReadonlyMap<string, string>,
    private readonly paint: Paint,
    private readonly width: () => number,
  ) {}

  event(event: StoredEvent): string {
    switch (event.type) {
      case 'turn.started':
        return this.endTurn() + this.startTurn(event);
      case 'message':
        return this.turn?.id === event.turn_id ? this.rest(event.message.content) + this.endTurn() : '';
      case 'turn.failed':
        return this.failTurn(event);
      case 'conversation.finished':
        return this.endTurn();
      case 'conversation.started':
      case 'experiment.status':
      case 'turn.discarded':
      case 'turn.skipped':
      case 'turn.context':
        break;
    }
    return '';
  }

  /** A piece of the turn in progress. One that was printed already (after a reconnection) is left out. */
  delta({ turn_id: id, attempt, channel, offset, text }: TurnDelta): string {
    const { turn } = this;
    if (!turn || turn.id !== id || turn.attempt !== attempt || channel !== 'text') {
      return '';
    }
    return this.say(turn, text.slice(Math.max(0, turn.text.length - offset)));
  }

  private startTurn(event: StoredEvent & { type: 'turn.started' }): string {
    const { turn_id: id, attempt, agent_name: name } = event;
    const colour = this.colours.get(name) ?? '#888888';
    this.turn = { id: id ?? '', attempt, colour, wrap: new WordWrap(this.width, INDENT), text: '' };
    return `${this.paint.bold(this.paint.coloured(colour, name))}\n`;
  }

  /** What the stored text has beyond the printed one: its end may have come with the message only. */
  private rest(content: string): string {
    const { turn } = this;
    return turn && content.startsWith(turn.text) ? this.say(turn, content.slice(turn.text.length)) : '';
  }

  private say(turn: PrintedTurn, text: string): string {
    turn.text += text;
    return this.paint.coloured(turn.colour, turn.wrap.push(text));
  }

  private failTurn({ turn_id, code, error, will_retry }: StoredEvent & { type: 'turn.failed' }): string {
    const { turn } = this;
    if (!turn || turn.id !== turn_id) {
      return '';
    }
    const spoken = this.paint.coloured(turn.colour, turn.wrap.flush());
    const note = `[${code}: ${error}${will_retry ? ' Trying again.' : ''}]`;
    this.turn = undefined;
    return `${spoken}${turn.text === '' ? '' : '\n'}${this.paint.dim(wrapText(note, this.width(), INDENT))}\n\n`;
  }

  private endTurn(): string {
    const { turn } = this;
    this.turn = undefined;
    return turn ? `${this.paint.coloured(turn.colour, turn.wrap.flush())}\n\n` : '';
  }
}
