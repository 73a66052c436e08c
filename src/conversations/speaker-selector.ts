import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { DomainError } from '../common/errors/domain-error';
import { type ChatMessage } from '../ollama/chat-message';
import { mayRetryTurn } from '../ollama/model-call-error';
import { ModelCaller, type ModelCallRecord } from '../ollama/model-caller';
import { type SpeakerChoice } from './speaker-choice';
import { deriveSeed } from './team/seed';
import { fallbackSpeaker } from './team/selector';
import { parseSelectorAnswer, selectorFeedback, selectorSchema } from './team/selector-answer';
import { buildSelectorPrompt } from './team/selector-prompt';
import { type SelectorRules } from './team/team';
import { previousSpeaker } from './team/turn-order';
import { type TurnRecord } from './team/turn-record';

export interface SelectInput {
  readonly experimentId: string;
  readonly conversationId: string;
  /** Names the run for its seeds. */
  readonly seedKey: number;
  readonly rules: SelectorRules;
  readonly agents: readonly Agent[];
  readonly candidates: readonly string[];
  readonly task: string;
  readonly records: readonly TurnRecord[];
  readonly rootSeed: number;
  readonly signal: AbortSignal;
}

/** Questions to the model before the fallback decides. */
const MAX_ATTEMPTS = 3;
/** The answer is one name in a small JSON object; some models cannot be kept from thinking before it. */
const ANSWER_TOKENS = 500;

/** Asks a model who speaks next. */
@Injectable()
export class SpeakerSelector {
  constructor(private readonly caller: ModelCaller) {}

  /**
   * @param calls gets a record of each call made
   * @throws DomainError SPEAKER_NOT_FOUND when the fallback is `fail`; ModelCallError when the model can't be asked
   */
  async select(
    input: SelectInput,
    calls: ModelCallRecord[],
  ): Promise<{ readonly speaker: string; readonly choice: SpeakerChoice }> {
    const { agents, candidates, records, rules } = input;
    const agentNames = agents.map(({ name }) => name);
    const seed = deriveSeed(input.rootSeed, input.seedKey, records.length + 1, 'selector');
    const messages: ChatMessage[] = buildSelectorPrompt({ ...input, selectorPrompt: rules.selectorPrompt });
    let raw: string | null = null;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const answer = await this.ask(input, messages, seed, calls);
      if (answer === null) {
        continue;
      }
      raw = answer;
      const parsed = parseSelectorAnswer(answer, candidates, agentNames);
      if ('speaker' in parsed) {
        return { speaker: parsed.speaker, choice: choiceOf('selector', candidates, attempt, raw, calls) };
      }
      messages.push(
        { role: 'assistant', content: answer === '' ? '{}' : answer },
        { role: 'user', content: selectorFeedback(parsed.problem, candidates) },
      );
    }
    const speaker = fallbackSpeaker(rules.fallback, { agentNames, candidates, records, seed });
    if (speaker === null) {
      throw new DomainError(
        'SPEAKER_NOT_FOUND',
        `The selector named no candidate in ${MAX_ATTEMPTS} attempts.`,
      );
    }
    return { speaker, choice: choiceOf('fallback', candidates, MAX_ATTEMPTS, raw, calls) };
  }

  /** The raw answer; null when its stream failed in a way that may pass. */
  private async ask(
    input: SelectInput,
    messages: readonly ChatMessage[],
    seed: number,
    calls: ModelCallRecord[],
  ): Promise<string | null> {
    try {
      const { text } = await this.caller.call(
        {
          purpose: 'selector',
          experimentId: input.experimentId,
          conversationId: input.conversationId,
          model: selectorModel(input),
          messages,
          options: { temperature: 0, seed, num_predict: ANSWER_TOKENS, think: false },
          format: selectorSchema(input.candidates),
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

/** The model that spoke last, since it is loaded; at first that of the first agent. */
function selectorModel({ agents, records }: SelectInput): string {
  const last = previousSpeaker(records);
  const agent = agents.find(({ name }) => name === last) ?? agents[0];
  if (!agent) {
    throw new Error('A team needs at least one agent.');
  }
  return agent.model;
}

function choiceOf(
  method: 'selector' | 'fallback',
  candidates: readonly string[],
  attempts: number,
  raw: string | null,
  calls: readonly ModelCallRecord[],
): SpeakerChoice {
  const tokens = calls.reduce((sum, call) => sum + call.promptTokens + call.completionTokens, 0);
  return { method, candidates, attempts, raw, tokens };
}
