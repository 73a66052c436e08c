import { type ExperimentRequest } from '../experiments/dto/experiment-request.dto';
import { type StoredEvent, type TurnDelta } from '../live/event-types';
import { type Paint } from './colours';
import { ConversationPrinter } from './conversation-printer';
import { ProgressLine } from './progress-line';
import { type Screen } from './screen';
import { type ExperimentListener } from './watch-experiment';

const TICK_MS = 200;

/**
 * Shows an experiment while it runs: the conversation, and how far it is. On a terminal that line stays below the
 * text; elsewhere it is printed once after each turn.
 */
export class LiveView implements ExperimentListener {
  /** What the finished runs had. */
  readonly totals = { runs: 0, turns: 0, messages: 0 };
  private readonly printer: ConversationPrinter;
  private readonly progress: ProgressLine;
  private readonly timer: NodeJS.Timeout;

  constructor(
    { agents, iterations, chat_rules }: ExperimentRequest,
    private readonly screen: Screen,
    private readonly paint: Paint,
    startedAt: number,
  ) {
    const colours = new Map(agents.map(({ name, color }) => [name, color]));
    this.printer = new ConversationPrinter(colours, paint, () => screen.textWidth);
    this.progress = new ProgressLine(iterations ?? 1, chat_rules?.max_rounds ?? 0, startedAt);
    this.timer = setInterval(() => this.showProgress(), TICK_MS);
  }

  event(event: StoredEvent): void {
    if (event.type === 'turn.started') {
      this.progress.startTurn(event.iteration, event.turn);
    }
    if (event.type === 'conversation.finished') {
      this.totals.runs += 1;
      this.totals.turns += event.turn_count;
      this.totals.messages += event.message_count;
    }
    this.screen.print(this.printer.event(event));
    if (event.type === 'message' && event.turn_id !== null && !this.screen.isTerminal) {
      this.screen.print(`${this.paint.dim(this.progress.text(Date.now()))}\n\n`);
    }
  }

  delta(delta: TurnDelta): void {
    this.progress.addText(delta.text, Date.now());
    this.screen.print(this.printer.delta(delta));
  }

  /** Takes the line away; what was printed stays. */
  close(): void {
    clearInterval(this.timer);
    this.screen.showStatus('');
  }

  private showProgress(): void {
    this.screen.showStatus(this.paint.dim(this.progress.text(Date.now())));
  }
}
