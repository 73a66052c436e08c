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

/**
 * How far a pull is: the sum over all layers seen so far, which Ollama tells of one by one (ollama-wire §6). Nothing goes
 * backwards: of each layer the most that was told counts, and of each sum the most that was shown, also over further
 * tries and a restart of the server.
 */
export class ProgressMeter {
  private readonly layers = new Map<string, Layer>();
  private readonly speed: DownloadSpeed;
  private line: PullLine = { status: '', layer: null };
  private closing = false;
  private total: number;
  private completed: number;
  private percent: number;

  /** @param shown what clients have seen of this pull before */
  constructor(shown: PullProgress | null, now: () => number) {
    this.speed = new DownloadSpeed(now);
    this.total = shown?.total ?? 0;
    this.completed = shown?.completed ?? 0;
    this.percent = shown?.percent ?? 0;
  }

  take(line: PullLine): Step {
    const before = this.line;
    this.line = line;
    this.closing = isClosing(line);
    const moved = line.layer ? this.takeLayer(line.layer) : line.status !== before.status;
    if (this.closing) {
      // The last line of a layer need not reach its total.
      for (const layer of this.layers.values()) {
        layer.completed = layer.total;
      }
    }
    this.sum();
    return { moved, isClosing: this.closing };
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

  private sum(): void {
    const layers = [...this.layers.values()];
    const total = layers.reduce((sum, layer) => sum + layer.total, 0);
    const completed = layers.reduce((sum, layer) => sum + layer.completed, 0);
    this.total = Math.max(this.total, total);
    this.completed = Math.min(this.total, Math.max(this.completed, completed));
    if (this.total > 0) {
      this.percent = Math.max(this.percent, (this.completed / this.total) * 100);
    }
    if (this.line.status === 'success') {
      this.completed = this.total;
      this.percent = 100;
    }
  }
}

function round(percent: number): number {
  return Math.floor(percent * 100) / 100;
}
