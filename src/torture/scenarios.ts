import { type ScenarioName } from './options';
import { type Scenario } from './scenario';
import { cancel } from './scenarios/cancel';
import { crashLoop } from './scenarios/crash-loop';
import { faults } from './scenarios/faults';
import { kill } from './scenarios/kill';
import { outage } from './scenarios/outage';
import { shutdown } from './scenarios/shutdown';
import { sizes } from './scenarios/sizes';
import { slowWatchers } from './scenarios/slow-watchers';
import { watchers } from './scenarios/watchers';

/** Every scenario, in a file of its own. */
export const SCENARIOS: Record<ScenarioName, Scenario> = {
  kill,
  faults,
  cancel,
  watchers,
  shutdown,
  outage,
  'crash-loop': crashLoop,
  sizes,
  'slow-watchers': slowWatchers,
};
