import { TokenEstimates } from '../agents/prompt/token-estimate';
import { agentNamed } from '../agents/testing/using-agent-turns';
import { type CallScheduler } from '../ollama/call-scheduler';
import { type ModelCallRecord } from '../ollama/model-caller';
import { ollamaParts } from '../ollama/testing/ollama-parts';
import { ScriptedOllama } from '../ollama/testing/scripted-ollama';
import { ModelQuestions } from './model-questions';
import { type Question } from './team/engine';
import { turns } from './team/testing/turn-records';

/** Knows some models to be loaded; these change whenever it has been asked. */
class LoadedModels implements Pick<CallScheduler, 'loadedAmong'> {
  readonly asked: (readonly string[])[] = [];
  loaded: string[] = [];
  next: string[] = [];

  loadedAmong(models: readonly string[]): string | null {
    this.asked.push(models);
    const found = models.find((model) => this.loaded.includes(model)) ?? null;
    this.loaded = this.next;
    return found;
  }
}

const aQuestion = (more: Partial<Question> = {}): Question => ({
  purpose: 'selector',
  method: 'selector',
  candidates: ['Ann', 'Bob'],
  model: null,
  messages: () => [{ role: 'user', content: 'Who is next?' }],
  schema: { type: 'object' },
  maxAttempts: 3,
  maxTokens: 50,
  read: (raw) => (raw === 'Ann' ? { value: raw } : { problem: 'That is nobody.' }),
  feedback: (problem) => problem,
  fallback: () => null,
  ...more,
});

const agents = [
  agentNamed('Ann', { model: 'one' }),
  agentNamed('Bob', { model: 'two' }),
  agentNamed('Cem', { model: 'three' }),
];

describe(ModelQuestions.name, () => {
  let server: ScriptedOllama;
  let scheduler: LoadedModels;
  let questions: ModelQuestions;

  beforeEach(async () => {
    server = await ScriptedOllama.start();
    scheduler = new LoadedModels();
    questions = new ModelQuestions(ollamaParts(server.url).caller, new TokenEstimates(), scheduler);
  });
  afterEach(() => server.close());

  /** The models that a question went to, with these answers; Bob spoke last. */
  const modelsAsked = async (question: Question, ...answers: string[]): Promise<string[]> => {
    const calls: ModelCallRecord[] = [];
    const decision = questions.ask(
      {
        experimentId: 'experiment',
        conversationId: 'conversation',
        question,
        agents,
        records: turns('Ann', 'Bob'),
        contextPolicy: 'drop_oldest',
        seed: 7,
        signal: new AbortController().signal,
      },
      calls,
    );
    const models: string[] = [];
    for (const answer of answers) {
      const exchange = await server.next();
      models.push(String(exchange.body['model']));
      exchange.piece(answer).done();
    }
    await decision;
    return models;
  };

  it.each<[string, string[], string]>([
    ['that of the agent that spoke last, if it is loaded', ['one', 'two'], 'two'],
    ['that of another agent that is loaded', ['three'], 'three'],
    ['the first of the others that is loaded', ['three', 'one'], 'one'],
    ['that of the agent that spoke last when none is', ['four'], 'two'],
  ])('asks %s, where the team leaves the model open', async (_what, loaded, expected) => {
    scheduler.loaded = loaded;
    expect(await modelsAsked(aQuestion(), 'Ann')).toEqual([expected]);
  });

  it('asks one model in all attempts, whatever is loaded meanwhile', async () => {
    scheduler.loaded = ['three'];
    scheduler.next = ['one'];
    expect(await modelsAsked(aQuestion(), 'Zoe', 'Ann')).toEqual(['three', 'three']);
    expect(scheduler.asked).toHaveLength(1);
  });

  it.each<[string, Partial<Question>, string]>([
    ['the model that is named', { model: 'own' }, 'own'],
    ['the model of the agent who asks', { asker: 'Ann' }, 'one'],
  ])('asks %s, loaded or not', async (_what, more, expected) => {
    scheduler.loaded = ['two', 'three'];
    expect(await modelsAsked(aQuestion(more), 'Ann')).toEqual([expected]);
    expect(scheduler.asked).toEqual([]);
  });
});
