import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { DomainError } from '../common/errors/domain-error';
import { type ChatMessage } from '../ollama/chat-message';
import { mayRetryTurn } from '../ollama/model-call-error';
import { ModelCaller, type ModelCallRecord } from '../ollama/model-caller';
import { type Decision, type Question } from './team/engine';
import { type SpeakerChoice } from './team/speaker-choice';
import { type TurnRecord } from './team/turn-record';

export interface AskInput {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly question: Question;
  readonly agents: readonly Agent[];
  readonly records: readonly TurnRecord[];
  /** Sampling seed. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Asks models the questions of a team: who speaks next, and where the work stands. */
@Injectable()
export class ModelQuestions {
  constructor(private readonly caller: ModelCaller) {}

  /**
   * Asks until an answer is usable, as often as the question allows; then its fallback counts.
   * @param calls gets a record of each call made
   * @throws DomainError SPEAKER_NOT_FOUND when there is no fallback; ModelCallError when the model can't be asked
   */
  async ask(input: AskInput, calls: ModelCallRecord[]): Promise<Decision> {
    const { question } = input;
    const messages: ChatMessage[] = [...question.messages];
    let raw: string | null = null;
    for (let attempt = 1; attempt <= question.maxAttempts; attempt += 1) {
      const answer = await this.call(input, messages, calls);
      if (answer === null) {
        continue;
      }
      raw = answer;
      const read = question.read(answer);
      if ('value' in read) {
        return { value: read.value, choice: choiceOf(question, question.method, attempt, raw, calls) };
      }
      messages.push(
        { role: 'assistant', content: answer === '' ? '{}' : answer },
        { role: 'user', content: question.feedback(read.problem) },
      );
    }
    const value = question.fallback();
    if (value === null) {
      throw new DomainError(
        'SPEAKER_NOT_FOUND',
        `The ${question.purpose} named no candidate in ${question.maxAttempts} attempts.`,
      );
    }
    return { value, choice: choiceOf(question, 'fallback', question.maxAttempts, raw, calls) };
  }

  /** The raw answer; null when its stream failed in a way that may pass. */
  private async call(
    input: AskInput,
    messages: readonly ChatMessage[],
    calls: ModelCallRecord[],
  ): Promise<string | null> {
    const { question } = input;
    try {
      const { text } = await this.caller.call(
        {
          purpose: question.purpose,
          experimentId: input.experimentId,
          conversationId: input.conversationId,
          model: modelFor(input),
          messages,
          options: { temperature: 0, seed: input.seed, num_predict: question.maxTokens, think: false },
          format: question.schema,
          signal: input.signal,
        },
        calls,
      );
      return text.trim();
    } catch (error) {
      if (mayRetryTurn(error)) {
        return null;
      }
      throw error;
    }
  }
}

/** The model that the question names, or the one of its asker; else the one that spoke last, since it is loaded. */
function modelFor({ question, agents, records }: AskInput): string {
  const name = question.asker ?? records.findLast(({ kind }) => kind !== 'skip')?.speaker;
  const agent = agents.find((candidate) => candidate.name === name) ?? agents[0];
  if (!agent) {
    throw new Error('A team needs at least one agent.');
  }
  return question.model ?? agent.model;
}

function choiceOf(
  { candidates }: Question,
  method: SpeakerChoice['method'],
  attempts: number,
  raw: string | null,
  calls: readonly ModelCallRecord[],
): SpeakerChoice {
  const tokens = calls.reduce((sum, call) => sum + call.promptTokens + call.completionTokens, 0);
  return { method, candidates, attempts, raw, tokens };
}
