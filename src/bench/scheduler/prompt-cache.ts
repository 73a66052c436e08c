import { type Measurement } from '../measurement';
import { type Rig, startRig, workDone } from './rig';
import { type Round } from './round';
import { checkAnswers, finishStudy, startStudy, type Study, TURNS, TWO_MODELS } from './study';

/** Reading a prompt anew takes about as long as a tenth of it to be written. */
const PROMPT_TOKENS_PER_SECOND = 5_000;

/**
 * Two experiments at one slot, which remembers the last prompt, against one alone. One agent each, since the prompts of two agents
 * have little in common.
 */
export async function measurePromptCache(round: Round): Promise<Measurement> {
  const [model] = TWO_MODELS;
  const items = round.isQuick ? 2 : 8;
  const run = async (...topics: string[]) => {
    round.tell(`prompt cache, experiments: ${topics.length}`);
    const rig = await startRig(round.workshop, { promptTokensPerSecond: PROMPT_TOKENS_PER_SECOND });
    const startedAt = performance.now();
    await Promise.all(topics.map((topic) => runToEnd(rig, { models: [model], items, topic })));
    const seconds = (performance.now() - startedAt) / 1_000;
    const { answers, tokens, promptTokensRead: read, promptTokensCached: cached } = await workDone(rig);
    checkAnswers(topics.length * items, answers, tokens);
    await round.workshop.stopAll();
    return { seconds, hits: cached / (read + cached) };
  };
  const alone = await run('harbour');
  const two = await run('harbour', 'market');
  return {
    id: '6',
    title: `One model, one slot, prompt cache: two experiments of ${items} runs of ${TURNS} turns at once`,
    figures: [
      { name: 'tokens of prompts found in the cache, one alone', unit: '%', values: [alone.hits * 100] },
      { name: 'the same, two at once', unit: '%', values: [two.hits * 100] },
      { name: 'time, one alone', unit: 's', values: [alone.seconds] },
      { name: 'time, two at once', unit: 's', values: [two.seconds] },
    ],
    ratios: [
      {
        name: 'hits, two at once / one',
        values: [two.hits / alone.hits],
        bar: { kind: 'at least', value: 0.9 },
      },
    ],
    notes: [],
  };
}

async function runToEnd(rig: Rig, study: Study): Promise<void> {
  const id = await startStudy(rig.url, study);
  await finishStudy(rig.url, id, study);
}
