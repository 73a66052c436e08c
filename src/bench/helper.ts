import { Child, type ChildOptions } from './child';
import { type Answer, type Commands, type Question } from './commands';

const ANSWER_WAIT_MS = 60_000;

/** A program of the bench itself, which does what it is asked to. */
export class Helper<C extends Commands> extends Child {
  private readonly open = new Map<number, (answer: Answer) => void>();
  private lastId = 0;

  constructor(options: ChildOptions) {
    super(options);
    this.connection.on('message', (answer: Answer) => {
      this.open.get(answer.id)?.(answer);
      this.open.delete(answer.id);
    });
  }

  async ask<K extends keyof C & string>(
    name: K,
    ...[order]: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const question: Question = { id: (this.lastId += 1), name, order };
    const answered = new Promise<Answer>((resolve) => this.open.set(question.id, resolve));
    this.connection.send(question);
    const { result, error } = await this.before(answered, ANSWER_WAIT_MS, `answer "${name}"`);
    if (error !== undefined) {
      throw new Error(error);
    }
    return result as Awaited<ReturnType<C[K]>>;
  }

  protected override channels(): 'ipc'[] {
    return ['ipc'];
  }
}
