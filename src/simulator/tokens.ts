const TOKEN = /\s?[\p{L}\p{M}\p{N}_']{1,8}|\s?[^\s\p{L}\p{M}\p{N}_']|\s+/gu;

/** Cuts a text into word-ish pieces; joined they are the text again. */
export function splitTokens(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The first tokens, as many as there is room for. */
export function cutTokens(tokens: readonly string[], room: number): string[] {
  return tokens.slice(0, Math.max(0, room));
}

/** Ends the tokens before the first stop sequence, wherever in a token it begins. */
export function cutAtStop(tokens: readonly string[], stop: readonly string[]): string[] {
  const text = tokens.join('');
  const found = stop.map((sequence) => text.indexOf(sequence)).filter((at) => at !== -1);
  if (found.length === 0) {
    return [...tokens];
  }
  let left = Math.min(...found);
  const kept: string[] = [];
  for (const token of tokens) {
    if (left <= 0) {
      break;
    }
    kept.push(token.slice(0, left));
    left -= token.length;
  }
  return kept;
}
