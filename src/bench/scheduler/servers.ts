import { type Measurement } from '../measurement';
import { startRig } from './rig';
import { type Round } from './round';
import { runStudy, TWO_MODELS, TURNS } from './study';

const SERVERS = 3;

/** The study of two models at three servers and at one. */
export async function measureServers(round: Round): Promise<Measurement> {
  const one = await round.sideBySide();
  round.tell('the study of two models at three servers');
  const rig = await startRig(round.workshop, { servers: SERVERS });
  const three = await runStudy(rig, { models: TWO_MODELS, items: round.items });
  await round.workshop.stopAll();
  return {
    id: '3',
    title: `Two models that do not fit together, ${round.items} items, ${TURNS} turns each, a slot at each server`,
    figures: [
      { name: 'one server', unit: 's', values: [one.seconds] },
      { name: 'three servers', unit: 's', values: [three.seconds] },
      { name: 'loads, one server', unit: '', values: [one.loads] },
      { name: 'loads, three servers together', unit: '', values: [three.loads] },
    ],
    ratios: [
      {
        name: 'throughput, three servers / one',
        values: [one.seconds / three.seconds],
        bar: { kind: 'at least', value: 2.7 },
      },
    ],
    notes: [],
  };
}
