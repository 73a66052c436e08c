import { type EngineDefinition } from '../definition/team-definition';
import { type Engine } from '../engine';
import { magentic } from './magentic';
import { panel } from './panel';
import { roundRobin } from './round-robin';
import { selector } from './selector';

/** The engine of each type of team. */
const ENGINES: { readonly [T in EngineDefinition['type']]?: Engine<Extract<EngineDefinition, { type: T }>> } =
  {
    magentic,
    panel,
    round_robin: roundRobin,
    selector,
  };

/** Narrowing the definition and its engine together is beyond the type checker, so it is told once, here. */
export function engineOf(team: EngineDefinition): Engine {
  return ENGINES[team.type] as Engine;
}
