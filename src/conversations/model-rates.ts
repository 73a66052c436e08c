import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';

/** How fast a model was on this machine of late, and how much it said. */
export interface ModelRate {
  readonly model: string;
  /** Calls that were measured. */
  readonly calls: number;
  /** Tokens generated in a second; null = not measured yet. */
  readonly tokensPerSecond: number | null;
  /** Tokens of prompts read in a second, those from the prompt cache included; null = not measured yet. */
  readonly promptTokensPerSecond: number | null;
  /** Seconds of a load; null = none was seen. */
  readonly loadSeconds: number | null;
  /** Tokens of an answer of an agent, on average; null = none was seen. */
  readonly replyTokens: number | null;
}

/** Latest calls of a model that are looked at. */
const LATEST_CALLS = 200;

/** Milliseconds from which on a load counts as one: Ollama tells some for a model that is loaded, too. */
const LEAST_LOAD_MS = 300;

interface RateRow {
  readonly calls: number;
  readonly completion_tokens: number | null;
  readonly generate_ms: number | null;
  readonly prompt_tokens: number | null;
  readonly prompt_ms: number | null;
  readonly load_ms: number | null;
  readonly reply_tokens: number | null;
}

/** Measures models from the calls that were stored. */
@Injectable()
export class ModelRates {
  constructor(private readonly database: Database) {}

  /** @param models as agents name them */
  async of(models: Iterable<string>): Promise<ModelRate[]> {
    return Promise.all([...models].map((model) => this.measure(model)));
  }

  private async measure(model: string): Promise<ModelRate> {
    const [row] = await this.database.read.query<RateRow[]>(
      `SELECT COUNT(*) AS calls,
              SUM(completion_tokens) FILTER (WHERE generate_ms > 0) AS completion_tokens,
              SUM(generate_ms) AS generate_ms,
              SUM(prompt_tokens) FILTER (WHERE prompt_ms > 0) AS prompt_tokens,
              SUM(prompt_ms) AS prompt_ms,
              AVG(load_ms) FILTER (WHERE load_ms >= ${LEAST_LOAD_MS}) AS load_ms,
              AVG(completion_tokens) FILTER (WHERE purpose = 'reply') AS reply_tokens
         FROM (SELECT * FROM model_calls WHERE model = ? ORDER BY id DESC LIMIT ${LATEST_CALLS})
        WHERE outcome = 'ok'`,
      [model],
    );
    return {
      model,
      calls: row?.calls ?? 0,
      tokensPerSecond: perSecond(row?.completion_tokens, row?.generate_ms),
      promptTokensPerSecond: perSecond(row?.prompt_tokens, row?.prompt_ms),
      loadSeconds: typeof row?.load_ms === 'number' ? row.load_ms / 1000 : null,
      replyTokens: row?.reply_tokens ?? null,
    };
  }
}

function perSecond(tokens: number | null | undefined, ms: number | null | undefined): number | null {
  return tokens && ms ? (tokens / ms) * 1000 : null;
}
