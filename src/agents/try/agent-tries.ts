import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DomainError, ValidationFailedError } from '../../common/errors/domain-error';
import { tooLong, wrongValue } from '../../common/validation/field-problems';
import { hasAtMost } from '../../common/validation/rules';
import { validateRequest } from '../../common/validation/validate-request';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { ServerClosing } from '../../live/server-closing';
import { toAgent, toStoredAgent } from '../agent.dto';
import { type AgentTurnProgress, AgentTurns, newProgress } from '../agent-turns';
import { AgentDefinition } from '../library/agent-definition.dto';
import { AgentLibrary, checkAgent } from '../library/agent-library';
import { type Agent } from '../prompt/agent';
import {
  type TryAgentRequest,
  type TryAnswer,
  type TryNewAgentRequest,
  type TrySavedAgentRequest,
} from './try.dto';

/** An agent that is ready to answer. */
export interface Try {
  readonly agent: Agent;
  readonly message: string;
}

/** Hears the answer as it comes. */
export type OnText = (channel: 'text' | 'thinking', text: string) => void;

/** Lets an agent answer once, to try it out. Nothing is stored. */
@Injectable()
export class AgentTries {
  constructor(
    private readonly library: AgentLibrary,
    private readonly turns: AgentTurns,
    private readonly closing: ServerClosing,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** @throws ValidationFailedError; DomainError AGENT_NOT_FOUND */
  async ofSaved(id: string, request: TrySavedAgentRequest): Promise<Try> {
    const { definition } = await this.library.get(id, request.version);
    return this.prepare(validateRequest(definition, AgentDefinition, 'body'), request);
  }

  /** @throws ValidationFailedError; DomainError INVALID_AGENT_NAME */
  ofNew(request: TryNewAgentRequest): Try {
    checkAgent(request.agent, this.settings, ['body', 'agent']);
    return this.prepare(request.agent, request);
  }

  /**
   * Asks the model. It takes a slot of the scheduler like every turn.
   * @param left aborted when the client leaves, which ends the call
   * @throws ModelCallError; DomainError INTERRUPTED when the server stops; the reason of the signal
   */
  async run({ agent, message }: Try, left: AbortSignal, onText: OnText): Promise<TryAnswer> {
    const stopping = new AbortController();
    const stop = () =>
      stopping.abort(new DomainError('INTERRUPTED', 'The server stopped before the answer was complete.'));
    const closing = this.closing.begun.subscribe(stop);
    if (this.closing.isClosing) {
      stop();
    }
    const progress = newProgress();
    const start = performance.now();
    try {
      await this.turns.speak(
        {
          experimentId: '',
          conversationId: '',
          agent,
          agents: [agent],
          task: message,
          item: {},
          round: 1,
          history: [],
          view: null,
          turnTask: { kind: 'reply' },
          contextPolicy: this.settings.contextPolicy,
          seed: randomInt(2 ** 31 - 1),
          signal: AbortSignal.any([left, stopping.signal]),
          onText,
        },
        progress,
      );
    } finally {
      closing.unsubscribe();
    }
    return answerOf(progress, performance.now() - start);
  }

  private prepare(definition: AgentDefinition, { message, model, options }: TryAgentRequest): Try {
    const { maxMessageCharacters: max } = this.settings;
    if (!hasAtMost(message, max)) {
      throw new ValidationFailedError([tooLong(['body', 'message'], max, message)]);
    }
    const stored = toStoredAgent(definition);
    const asked = {
      ...stored,
      model: model ?? stored.model,
      options: { ...stored.options, ...given(options ?? {}) },
    };
    if (asked.model === '') {
      throw new ValidationFailedError([
        wrongValue(['body', 'model'], 'must name a model, since the agent has none', model ?? null),
      ]);
    }
    return { agent: toAgent(asked), message };
  }
}

/** Without the fields that were left out. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function answerOf(progress: AgentTurnProgress, durationMs: number): TryAnswer {
  const { text, thinking, parsed, formatError, calls, context } = progress;
  return {
    text,
    thinking,
    parsed,
    format_error: formatError,
    tokens: {
      prompt: calls.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
      completion: calls.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
    },
    duration_ms: Math.round(durationMs),
    context,
  };
}
