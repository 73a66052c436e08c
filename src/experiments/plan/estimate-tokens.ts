import { roughTokens } from '../../agents/prompt/token-estimate';

/** Tokens that a text will take as a message, about, whatever the model. */
export function estimateTokens(text: string): number {
  return roughTokens([{ role: 'user', content: text }]);
}
