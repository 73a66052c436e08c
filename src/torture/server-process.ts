import { setTimeout as wait } from 'node:timers/promises';
import { type Conversation } from '../conversations/conversation.dto';
import {
  type ExperimentDetail,
  type ExperimentListItem,
  type ExperimentStarted,
} from '../experiments/dto/experiment-answers.dto';
import { type StoredEvent } from '../live/event-types';
import { Program } from './program';
import { ask, send, type Answer } from './requests';

/** Times of a server from its start to its end; milliseconds of the clock of the system, as rows of the database have it. */
export interface Life {
  readonly startedAt: number;
  listeningAt: number;
  endedAt: number;
}

/** What a server needs to be started again and again on the same data. */
export interface ServerPlace {
  readonly cwd: string;
  readonly dataDirectory: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The built server as a process, which is killed, stopped and started again on the same port and folder. */
export class ServerProcess {
  readonly lives: Life[] = [];
  readonly url: string;
  private current: Program | null = null;
  /** What was logged by those that ended. */
  private pastOutput: string[] = [];

  constructor(private readonly place: ServerPlace) {
    this.url = `http://127.0.0.1:${place.port}`;
  }

  get dataDirectory(): string {
    return this.place.dataDirectory;
  }

  get program(): Program {
    if (!this.current) {
      throw new Error('The server is not started.');
    }
    return this.current;
  }

  get life(): Life {
    const life = this.lives.at(-1);
    if (!life) {
      throw new Error('The server was never started.');
    }
    return life;
  }

  get isRunning(): boolean {
    return this.current !== null && !this.current.hasEnded;
  }

  /** Starts it; resolves when it listens. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { cwd, dataDirectory, port } = this.place;
    this.lives.push({ startedAt: Date.now(), listeningAt: Number.NaN, endedAt: Number.NaN });
    this.current = new Program({
      script: 'main.js',
      cwd,
      env: {
        API_HOST: '127.0.0.1',
        API_PORT: String(port),
        DATA_DIRECTORY: dataDirectory,
        ...this.place.settings,
        ...settings,
      },
    });
    await this.current.waitFor(/"listening" url=/);
    this.life.listeningAt = Date.now();
  }

  /** Kills it as `kill -9` does. */
  async kill(): Promise<void> {
    this.life.endedAt = Date.now();
    this.program.signal('SIGKILL');
    await this.program.exit;
    this.note();
  }

  /** Tells it to stop, and kills it when it does not. @returns its exit code, and how long it took */
  async terminate(limitMs = 30_000): Promise<{ readonly code: number | null; readonly ms: number }> {
    const startedAt = performance.now();
    this.program.signal('SIGTERM');
    const code = await this.ended(limitMs);
    return { code, ms: performance.now() - startedAt };
  }

  /** Waits for its end, and kills it when it does not come. */
  async ended(limitMs: number): Promise<number | null> {
    const { program } = this;
    const timer = setTimeout(() => program.signal('SIGKILL'), limitMs);
    const code = await program.exit;
    clearTimeout(timer);
    this.life.endedAt = Date.now();
    this.note();
    return code;
  }

  /** All that it has logged, in all its lives. */
  get log(): string {
    return [...this.pastOutput, this.current?.output ?? ''].join('\n');
  }

  /** Lines of the log, of all lives, that tell of a fault of the server itself. */
  get complaints(): string[] {
    return this.log.split('\n').filter((line) => / ERROR | CRITICAL |Warning:|[Uu]nhandled/.test(line));
  }

  send<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return send<T>(method, this.url + path, body);
  }

  ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return ask<T>(method, this.url + path, body);
  }

  /** Starts an experiment. @returns its id */
  async startExperiment(request: unknown): Promise<string> {
    return (await this.ask<ExperimentStarted>('POST', '/api/experiments/start', request)).experiment_id;
  }

  experiment(id: string): Promise<ExperimentDetail> {
    return this.ask('GET', `/api/experiments/${id}`);
  }

  async list(): Promise<ExperimentListItem[]> {
    return (await this.ask<{ experiments: ExperimentListItem[] }>('GET', '/api/experiments')).experiments;
  }

  /** The stored events of an experiment, each as the text of its JSON. */
  async storedEvents(id: string): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const { events } = await this.ask<{ events: StoredEvent[] }>(
        'GET',
        `/api/experiments/${id}/events?after=${texts.length}&limit=1000`,
      );
      if (events.length === 0) {
        return texts;
      }
      texts.push(...events.map((event) => JSON.stringify(event)));
    }
  }

  /** What was said in each finished run, as `agent: text`. */
  async transcripts(id: string): Promise<string[][]> {
    return (await this.experiment(id)).conversations.map(said);
  }

  /** Asks until the answer fits: for what no event tells of. */
  async until<T>(look: () => Promise<T | null>, what: string, limitMs = 30_000): Promise<T> {
    const endAt = performance.now() + limitMs;
    for (;;) {
      const found = await look();
      if (found !== null) {
        return found;
      }
      if (performance.now() > endAt) {
        throw new Error(`${what} did not come within ${limitMs} ms`);
      }
      await wait(10);
    }
  }

  private note(): void {
    if (this.current) {
      this.pastOutput.push(this.current.output);
      this.current = null;
    }
  }
}

function said({ messages }: Conversation): string[] {
  return messages.map(({ agentId, content }) => `${agentId}: ${content}`);
}
