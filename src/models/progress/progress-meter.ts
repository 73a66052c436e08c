import { isClosing, type PullLine } from '../../ollama/pull-line';
import { DownloadSpeed } from './download-speed';
import { type PullProgress } from '../pull-progress';

interface Layer {
  total: number;
  /** The most that Ollama told of. */
  completed: number;
  /** What it told last: less than before when a range failed and is fetched again. */
  told: number;
}

/** What a line says about whether the pull is alive. */
export interface Step {
  /** A byte came, or a new phase began. */
  readonly moved: boolean;
  /** Everything is there: Ollama verifies and writes, in silence. */
  readonly isClosing: boolean;
}

/** Ollama's last line; clients take it for the end of the whole pull. */
const SUCCESS = 'success';

/**
 * How far a pull is: the sum over all layers seen so far, which Ollama tells of one by one (ollama-wire §6). Nothing goes
 * backwards: of each layer the most that was told counts, and of each sum the most that was shown, also over further
 * tries and a restart of the server. A pull to several servers, one after the other, counts the layers once for each.
 */
export class ProgressMeter {
  /** Of the server that is pulled to. */
  private readonly layers = new Map<string, Layer>();
  /** Most bytes that one server has had to get: some do not tell of layers that were there, or came quickly. */
  private widest = 0;
  private serversPulledTo = 0;
  /** Bytes at the servers that failed. */
  private atFailed = 0;
  private serversToGo: number;
  private isWhole = true;
  private readonly speed: DownloadSpeed;
  private line: PullLine = { status: '', layer: null };
  private closing = false;
  private total: number;
  private completed: number;
  private percent: number;

  /**
   * @param shown what clients have seen of this pull before
   * @param servers how many are pulled to
   */
  constructor(
    shown: PullProgress | null,
    private readonly servers: number,
    now: () => number,
  ) {
    this.serversToGo = servers;
    this.speed = new DownloadSpeed(now);
    this.total = shown?.total ?? 0;
    this.completed = shown?.completed ?? 0;
    this.percent = shown?.percent ?? 0;
  }

  take(line: PullLine): Step {
    const before = this.line;
    const isEnd = line.status === SUCCESS;
    if (!isEnd || this.isLast) {
      this.line = line;
    }
    this.closing = isClosing(line);
    const moved = line.layer ? this.takeLayer(line.layer) : line.status !== before.status;
    if (this.closing) {
      // The last line of a layer need not reach its total.
      for (const layer of this.layers.values()) {
        layer.completed = layer.total;
      }
    }
    this.sum();
    if (isEnd && this.isLast) {
      this.completed = this.total;
      this.percent = 100;
    }
    return { moved, isClosing: this.closing };
  }

  /** Goes on to the next server. @param isPulled whether all came to the one before */
  leaveServer(isPulled: boolean): void {
    if (isPulled) {
      this.serversPulledTo += 1;
    } else {
      this.atFailed += this.completedHere();
      this.isWhole = false;
    }
    this.serversToGo -= 1;
    this.layers.clear();
    this.speed.restart();
  }

  current(): PullProgress {
    const { status, layer } = this.line;
    const speed = this.closing ? null : this.speed.bytesPerSecond;
    return {
      status,
      ...(layer ? { digest: layer.digest } : {}),
      ...(this.total > 0 ? { total: this.total, completed: this.completed } : {}),
      ...(this.total > 0 || this.percent > 0 ? { percent: round(this.percent) } : {}),
      ...(speed === null ? {} : { speed: Math.round(speed) }),
      ...(speed !== null && speed >= 1
        ? { eta_seconds: Math.ceil((this.total - this.completed) / speed) }
        : {}),
    };
  }

  private takeLayer({ digest, total, completed }: NonNullable<PullLine['layer']>): boolean {
    const told = total > 0 ? Math.min(completed, total) : completed;
    const layer = this.layers.get(digest);
    if (!layer) {
      // What was there before the first line of a layer did not come just now.
      this.layers.set(digest, { total, completed: told, told });
      this.speed.restart();
      return true;
    }
    const moved = told > layer.told;
    this.speed.add(Math.max(0, told - layer.completed));
    layer.total = Math.max(layer.total, total);
    layer.completed = Math.max(layer.completed, told);
    layer.told = told;
    return moved;
  }

  /** Whether the end of this server is the good end of the pull. */
  private get isLast(): boolean {
    return this.serversToGo === 1 && this.isWhole;
  }

  private completedHere(): number {
    return [...this.layers.values()].reduce((sum, layer) => sum + layer.completed, 0);
  }

  private sum(): void {
    const layers = [...this.layers.values()];
    this.widest = Math.max(
      this.widest,
      layers.reduce((sum, layer) => sum + layer.total, 0),
    );
    this.total = Math.max(this.total, this.widest * this.servers);
    const completed = this.serversPulledTo * this.widest + this.atFailed + this.completedHere();
    this.completed = Math.min(this.total, Math.max(this.completed, completed));
    if (this.total > 0) {
      this.percent = Math.max(this.percent, (this.completed / this.total) * 100);
    }
  }
}

function round(percent: number): number {
  return Math.floor(percent * 100) / 100;
}
