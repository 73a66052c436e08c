import { type ScenarioName } from './options';
import { type Scenario } from './scenario';
import { kill } from './scenarios/kill';

/** Every scenario, in a file of its own. */
export const SCENARIOS: Partial<Record<ScenarioName, Scenario>> = {
  kill,
};
