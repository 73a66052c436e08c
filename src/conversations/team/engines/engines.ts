import { type EngineDefinition } from '../definition/team-definition';
import { type Engine } from '../engine';
import { graph } from './graph';
import { magentic } from './magentic';
import { panel } from './panel';
import { random } from './random';
import { roundRobin } from './round-robin';
import { selector } from './selector';
import { swarm } from './swarm';

/** The engine of each type of team. */
const ENGINES: { readonly [T in EngineDefinition['type']]: Engine<Extract<EngineDefinition, { type: T }>> } =
  {
    round_robin: roundRobin,
    selector,
    random,
    swarm,
    graph,
    magentic,
    panel,
  };

export function engineOf(team: EngineDefinition): Engine {
  return ENGINES[team.type];
}
