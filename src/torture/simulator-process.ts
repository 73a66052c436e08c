import { type RequestRecord } from '../simulator/request-log';
import { type StatValues } from '../simulator/stats';
import { Program } from './program';
import { ask, send } from './requests';

export interface SimulatorPlace {
  readonly cwd: string;
  readonly port: number;
  readonly flags: readonly string[];
}

/** The simulated Ollama as a process, which can go away and come back at the same address. */
export class SimulatorProcess {
  readonly url: string;
  private program: Program | null = null;

  constructor(private readonly place: SimulatorPlace) {
    this.url = `http://127.0.0.1:${place.port}`;
  }

  async start(): Promise<void> {
    const { cwd, port, flags } = this.place;
    this.program = new Program({
      script: 'simulator/main.js',
      args: ['--port', String(port), ...flags],
      cwd,
    });
    await this.program.waitFor(/listening on http/);
  }

  async kill(): Promise<void> {
    this.program?.signal('SIGKILL');
    await this.program?.exit;
    this.program = null;
  }

  /** Changes settings, as the flags have them at the start. */
  config(settings: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.control('config', settings);
  }

  control(route: string, body: unknown = {}): Promise<unknown> {
    return ask('POST', `${this.url}/_sim/${route}`, body);
  }

  faults(...faults: object[]): Promise<unknown> {
    return this.control('faults', { faults });
  }

  /** The faults are gone; what was scripted stays. */
  heal(): Promise<unknown> {
    return ask('DELETE', `${this.url}/_sim/faults`);
  }

  script(...replies: object[]): Promise<unknown> {
    return this.control('script', { replies });
  }

  stats(): Promise<StatValues> {
    return ask('GET', `${this.url}/_sim/stats`);
  }

  async requests(path = '/api/chat'): Promise<RequestRecord[]> {
    const { requests } = await ask<{ requests: RequestRecord[] }>(
      'GET',
      `${this.url}/_sim/requests?path=${encodeURIComponent(path)}`,
    );
    return requests;
  }

  /** Waits until a counter is there. @returns whether that came in time */
  async reaches(condition: string, timeoutMs: number): Promise<boolean> {
    const { status } = await send('GET', `${this.url}/_sim/wait?${condition}&timeout_ms=${timeoutMs}`);
    return status === 200;
  }
}
