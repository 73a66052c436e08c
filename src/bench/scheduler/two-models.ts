import { type Measurement } from '../measurement';
import { type Round } from './round';
import { idealSeconds, TURNS } from './study';

/** The study of two models that do not fit together, against its ideal and against doing it run by run. */
export async function measureTwoModels(round: Round): Promise<Measurement> {
  const ours = await round.sideBySide();
  const runByRun = await round.runByRun();
  const ideal = idealSeconds(round.items);
  return {
    id: '1',
    title: `Two models that do not fit together, ${round.items} items, ${TURNS} turns each, one slot`,
    figures: [
      { name: 'total', unit: 's', values: [ours.seconds] },
      { name: `ideal: all tokens and ${TURNS} loads`, unit: 's', values: [ideal] },
      { name: 'run by run in order', unit: 's', values: [runByRun.seconds] },
      { name: 'loads', unit: '', values: [ours.loads] },
      { name: 'loads, run by run', unit: '', values: [runByRun.loads] },
    ],
    ratios: [
      { name: 'total / ideal', values: [ours.seconds / ideal], bar: { kind: 'at most', value: 1.15 } },
      { name: 'factor: run by run / total', values: [runByRun.seconds / ours.seconds] },
    ],
    notes: [],
  };
}
