/** What a helper process can be asked to do. */
export type Commands = Record<string, (order: never) => unknown>;

/** A question to a helper process, and its answer. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly order: unknown;
}

export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the questions of the bench until it goes away. */
export function answerCommands(commands: Commands): void {
  process.on('message', (question: Question) => void answer(commands, question));
  process.on('disconnect', () => process.exit());
}

async function answer(commands: Commands, { id, name, order }: Question): Promise<void> {
  const send = (message: Answer) => process.send?.(message);
  try {
    send({ id, result: await commands[name]?.(order as never) });
  } catch (error) {
    send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
