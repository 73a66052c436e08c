import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement } from '../measurement';
import { untilFirstText } from './first-text';
import { LOAD_SECONDS, MAX_WAIT_SECONDS, type Rig, startRig, workDone } from './rig';
import { type Round } from './round';
import {
  checkAnswers,
  finishStudy,
  runStudy,
  startStudy,
  type Study,
  THIRD_MODEL,
  TURNS,
  TWO_MODELS,
} from './study';

const POLL_MS = 50;
const SECOND: Study = { models: [THIRD_MODEL, THIRD_MODEL], items: 1 };

/** The study of two models, and in its middle an experiment with a third model: how long that waits, and what it costs the study. */
export async function measureSecondExperiment(round: Round): Promise<Measurement> {
  const alone = await round.sideBySide();
  round.tell('a second experiment in the middle of the study');
  const rig = await startRig(round.workshop);
  const first: Study = { models: TWO_MODELS, items: round.items };
  const startedAt = performance.now();
  const firstId = await startStudy(rig.url, first);
  await untilAnswered(rig, (round.items * TURNS) / 2);
  const secondStartedAt = performance.now();
  const secondId = await startStudy(rig.url, SECOND);
  await untilFirstText(rig.url, secondId);
  const waited = secondsSince(secondStartedAt);
  await finishStudy(rig.url, secondId, SECOND);
  const secondTook = secondsSince(secondStartedAt);
  await finishStudy(rig.url, firstId, first);
  const total = secondsSince(startedAt);
  const { answers, tokens, loads } = await workDone(rig);
  checkAnswers(round.items + SECOND.items, answers, tokens);
  round.tell('the second experiment alone');
  const ownWork = (await runStudy(rig, SECOND)).seconds - LOAD_SECONDS;
  await round.workshop.stopAll();
  const mayWait = MAX_WAIT_SECONDS + LOAD_SECONDS;
  const mayGrow = ownWork + 2 * LOAD_SECONDS;
  return {
    id: '5',
    title: 'A second experiment with a third model, started in the middle of the study',
    figures: [
      { name: 'until its first text', unit: 's', values: [waited] },
      { name: 'allowed: the longest wait and a load', unit: 's', values: [mayWait] },
      { name: 'until its end', unit: 's', values: [secondTook] },
      { name: 'its own work, without loads, when it is alone', unit: 's', values: [ownWork] },
      { name: 'the study with it', unit: 's', values: [total] },
      { name: 'the study without it', unit: 's', values: [alone.seconds] },
      { name: 'loads of both', unit: '', values: [loads] },
      { name: 'loads of the study without it', unit: '', values: [alone.loads] },
    ],
    ratios: [
      {
        name: 'until its first text / allowed',
        values: [waited / mayWait],
        bar: { kind: 'at most', value: 1 },
      },
      {
        name: 'growth of the study / its own work and two loads',
        values: [(total - alone.seconds) / mayGrow],
        bar: { kind: 'at most', value: 1 },
      },
    ],
    notes: [],
  };
}

async function untilAnswered(rig: Rig, answers: number): Promise<void> {
  while ((await workDone(rig)).answers < answers) {
    await sleep(POLL_MS);
  }
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}
