import { type CallMeasures } from '../model-speeds';
import { Scheduling, type StartedCall } from '../scheduling';
import { type SchedulingOptions } from '../scheduling-state';
import { type ServerState } from '../server-state';
import { type WaitingCall } from '../waiting-calls';

/** One call as a spec asks for it; what is left out does not matter to it. */
export interface CallWish {
  readonly model?: string;
  readonly user?: string;
  readonly conversation?: string | null;
  readonly priority?: WaitingCall['priority'];
  readonly ms?: number;
  /** What happens when it has ended, such as the next turn. */
  readonly after?: (end: EndedCall) => void;
}

/** A call that has ended, with the times that count. */
export interface EndedCall {
  readonly call: WaitingCall;
  readonly server: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isLoad: boolean;
  readonly failed: boolean;
}

export interface MachineOptions extends Partial<SchedulingOptions> {
  readonly servers?: readonly string[];
  /** Milliseconds of a load. */
  readonly loadMs?: number;
  /** Bytes of memory of each server; models take one each. */
  readonly memory?: number;
  /** Slots that Ollama really has; left out = as many as it should. */
  readonly realSlots?: number;
}

interface Running {
  readonly started: StartedCall;
  readonly startedAt: number;
  readonly isLoad: boolean;
  readonly endsAt: number;
  readonly wish: CallWish;
}

/** For specs only: servers on a virtual clock, which load models, take their time for calls, and drop models when memory is full. */
export class VirtualMachine {
  now = 0;
  readonly ended: EndedCall[] = [];
  readonly cancelled: WaitingCall[] = [];
  readonly scheduling: Scheduling;
  /** The most calls that each server worked on at once. */
  readonly mostAtOnce = new Map<string, number>();
  private readonly options: Required<Omit<MachineOptions, 'realSlots'>>;
  private readonly running: Running[] = [];
  private readonly wishes = new Map<number, CallWish>();
  private readonly memories = new Map<string, string[]>();
  private readonly plans: { readonly at: number; readonly step: () => void }[] = [];
  private readonly dead = new Set<string>();
  private lastId = 0;

  constructor(options: MachineOptions = {}) {
    this.options = { servers: ['one'], slots: 1, maxWaitMs: 60_000, loadMs: 5_000, memory: 1, ...options };
    this.scheduling = new Scheduling(this.options.servers, this.options);
  }

  /** Asks for a call. */
  call(wish: CallWish = {}): WaitingCall {
    this.lastId += 1;
    const call: WaitingCall = {
      id: this.lastId,
      model: wish.model ?? 'a',
      user: wish.user ?? 'user',
      conversation: wish.conversation === undefined ? `conversation ${this.lastId}` : wish.conversation,
      priority: wish.priority ?? 'normal',
      queuedAt: this.now,
    };
    this.wishes.set(call.id, wish);
    this.scheduling.enqueue(call, this.now);
    this.start();
    return call;
  }

  /** Turns of a conversation, each asked for a moment after the one before has ended. */
  conversation(turns: readonly CallWish[], common: CallWish & { readonly gapMs?: number } = {}): void {
    const [first, ...rest] = turns;
    if (first) {
      this.call({
        ...common,
        ...first,
        after: (end) => {
          first.after?.(end);
          this.at(this.now + (common.gapMs ?? 5), () => this.conversation(rest, common));
        },
      });
    }
  }

  cancel(call: WaitingCall): void {
    this.scheduling.cancel(call, this.now);
    this.cancelled.push(call);
    this.start();
  }

  /** Does something at a time. */
  at(time: number, step: () => void): void {
    this.plans.push({ at: time, step });
  }

  /** A server dies: its calls break off, and further ones too. */
  kill(address: string): void {
    this.dead.add(address);
    for (const running of this.running.filter(({ started }) => started.server.address === address)) {
      this.end(running, true);
    }
    this.start();
  }

  revive(address: string): void {
    this.dead.delete(address);
    this.serverOf(address).isUp = true;
    this.start();
  }

  /** A model is dropped by somebody else, and the scheduler looks. */
  evict(address: string, model: string): void {
    this.memories.set(
      address,
      this.memoryOf(address).filter((loaded) => loaded !== model),
    );
    this.look(address);
  }

  /** The scheduler hears what is loaded. */
  look(address: string): void {
    this.serverOf(address).saw(new Map(this.memoryOf(address).map((model) => [model, 1])));
    this.start();
  }

  serverOf(address: string): ServerState {
    const server = this.scheduling.state.servers.find((candidate) => candidate.address === address);
    if (!server) {
      throw new Error('There is no such server.');
    }
    return server;
  }

  /** Lets time pass until nothing is left to happen, or a time. */
  run(until = Infinity): void {
    for (;;) {
      const next = Math.min(
        ...this.running.map(({ endsAt }) => endsAt),
        ...this.plans.map(({ at }) => at),
        this.scheduling.wakeAt(this.now) ?? Infinity,
      );
      if (next === Infinity || next > until) {
        this.now = Number.isFinite(until) ? until : this.now;
        return;
      }
      this.now = Math.max(this.now, next);
      for (const running of this.running.filter(({ endsAt }) => endsAt <= this.now)) {
        this.end(running, false);
      }
      for (const plan of this.plans.filter(({ at }) => at <= this.now)) {
        this.plans.splice(this.plans.indexOf(plan), 1);
        plan.step();
      }
      this.start();
    }
  }

  /** How often a model was loaded. */
  loads(): number {
    return this.ended.filter(({ isLoad }) => isLoad).length;
  }

  private start(): void {
    for (const started of this.scheduling.start(this.now)) {
      const { call, server } = started;
      const wish = this.wishes.get(call.id) ?? {};
      const isLoad = this.load(server.address, call.model);
      this.mostAtOnce.set(
        server.address,
        Math.max(this.mostAtOnce.get(server.address) ?? 0, server.atWork.size),
      );
      const running: Running = {
        started,
        startedAt: this.now,
        isLoad,
        endsAt: this.now + (isLoad ? this.options.loadMs : 0) + (wish.ms ?? 1_000),
        wish,
      };
      this.running.push(running);
      if (this.dead.has(server.address)) {
        this.end(running, true);
      }
    }
  }

  private end(running: Running, failed: boolean): void {
    const { started, startedAt, isLoad, wish } = running;
    const { call, server } = started;
    this.running.splice(this.running.indexOf(running), 1);
    const measures: CallMeasures | null = failed
      ? null
      : {
          loadMs: isLoad ? this.options.loadMs : 0,
          promptMs: 200,
          promptTokens: 100,
          generateMs: (wish.ms ?? 1_000) - 200,
          completionTokens: 50,
        };
    this.scheduling.finish(started, { measures, failed }, this.now);
    const end = {
      call,
      server: server.address,
      startedAt,
      endedAt: this.now,
      isLoad,
      failed,
    };
    if (failed) {
      server.lose();
      // As its caller does: at once, where there is another server.
      this.call(wish);
    } else {
      this.ended.push(end);
      if (isLoad) {
        this.look(server.address);
      }
      wish.after?.(end);
    }
  }

  /** @returns whether the model was not there */
  private load(address: string, model: string): boolean {
    const loaded = this.memoryOf(address);
    this.memories.set(
      address,
      [...loaded.filter((other) => other !== model), model].slice(-this.options.memory),
    );
    return !loaded.includes(model);
  }

  private memoryOf(address: string): string[] {
    return this.memories.get(address) ?? [];
  }
}
