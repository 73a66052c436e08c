import { type Figures, type Share } from './figures';

/** What issue and documents promise of weak models. */
const LEAST_DECIDED = 0.97;
const LEAST_ENDED = 0.99;

/** The bars that these figures miss, each in a line. */
export function missedBars(figures: Figures): string[] {
  const { pattern, strength, speakers, endedByRule, echoed, forOthers, think } = figures;
  const missed = [
    strength !== 'strong' && ratio(speakers) < LEAST_DECIDED
      ? `speakers chosen without fallback: ${shown(speakers)}, at least ${LEAST_DECIDED * 100} %`
      : null,
    ratio(endedByRule) < LEAST_ENDED
      ? `ended by a rule: ${shown(endedByRule)}, at least ${LEAST_ENDED * 100} %`
      : null,
    echoed > 0 ? `messages that begin with the own name: ${echoed}` : null,
    forOthers > 0 ? `messages that speak for others: ${forOthers}` : null,
    think > 0 ? `messages with tags of thinking: ${think}` : null,
  ];
  return missed.filter((text) => text !== null).map((text) => `${pattern}, ${strength}: ${text}`);
}

/** 1 where there is nothing to judge. */
function ratio({ of, held }: Share): number {
  return of === 0 ? 1 : held / of;
}

export function shown(share: Share): string {
  return share.of === 0 ? '–' : `${(ratio(share) * 100).toFixed(1)} %`;
}
