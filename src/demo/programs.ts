import { ChildProgram, type ProgramOptions } from './child-program';

/** The programs that the demo has started. */
export class Programs {
  private readonly started: ChildProgram[] = [];

  start(options: ProgramOptions): ChildProgram {
    const program = new ChildProgram(options);
    this.started.push(program);
    return program;
  }

  /** Rejects as soon as one of them ends without being asked to. */
  get died(): Promise<never> {
    return Promise.race(this.started.map((program) => program.died));
  }

  /** In reverse order: none of them finds one away that it needs. */
  async stop(): Promise<void> {
    for (const program of this.started.toReversed()) {
      await program.stop();
    }
  }

  kill(): void {
    this.started.forEach((program) => program.kill());
  }
}
