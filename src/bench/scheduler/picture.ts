import { type Round, type TimedStudy } from './round';
import { TURNS } from './study';
import { type Stay, timelineSvg } from './timeline';

/** Which model was in memory when, run by run and as the server does it. */
export async function pictureOf(round: Round): Promise<string> {
  return timelineSvg({
    title: 'Which model is loaded when',
    note:
      `${round.items} conversations of ${TURNS} turns, two agents with a model each, one GPU that holds one of them. ` +
      'Times are a tenth of real ones.',
    rows: [
      rowOf('Run by run in order', await round.runByRun()),
      rowOf('Side by side, calls for one model together', await round.sideBySide()),
    ],
  });
}

function rowOf(name: string, { seconds, loads, stays, startedAtMs }: TimedStudy) {
  return {
    label: `${name}: ${seconds.toFixed(0)} s, ${loads} loads`,
    stays: staysOf(stays, startedAtMs, seconds),
  };
}

/** A model that is still in memory at the end stays until then; a load that was given up was no stay. */
function staysOf(records: TimedStudy['stays'], startedAtMs: number, endSeconds: number): Stay[] {
  const seconds = (ms: number) => (ms - startedAtMs) / 1_000;
  return records.flatMap(({ model, began_at_ms, loaded_at_ms, unloaded_at_ms }) =>
    loaded_at_ms === null
      ? []
      : {
          model,
          fromSeconds: seconds(began_at_ms),
          loadedSeconds: seconds(loaded_at_ms),
          toSeconds: unloaded_at_ms === null ? endSeconds : seconds(unloaded_at_ms),
        },
  );
}
