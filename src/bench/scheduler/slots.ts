import { type Measurement } from '../measurement';
import { startRig } from './rig';
import { type Round } from './round';
import { runStudy, TWO_MODELS, TURNS } from './study';

const SLOTS = 4;

/** One model, with four slots and with one. */
export async function measureSlots(round: Round): Promise<Measurement> {
  const seconds = async (slots: number) => {
    round.tell(`one model, slots: ${slots}`);
    const rig = await startRig(round.workshop, { slots });
    const [model] = TWO_MODELS;
    const result = await runStudy(rig, { models: [model, model], items: round.items });
    await round.workshop.stopAll();
    return result.seconds;
  };
  const one = await seconds(1);
  const four = await seconds(SLOTS);
  return {
    id: '2',
    title: `One model, ${round.items} items, ${TURNS} turns each`,
    figures: [
      { name: 'one slot', unit: 's', values: [one] },
      { name: 'four slots', unit: 's', values: [four] },
    ],
    ratios: [
      { name: 'throughput, four slots / one', values: [one / four], bar: { kind: 'at least', value: 3.5 } },
    ],
    notes: [],
  };
}
