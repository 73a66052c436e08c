import { type ScenarioName } from './options';
import { type Random } from './random';
import { type Rig } from './rig';

/** What a scenario found; a promise was broken when there are failures. */
export interface ScenarioResult {
  readonly name: ScenarioName;
  readonly ok: boolean;
  /** Repeats all random moments: `--only <name> --seed <seed>`. */
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly figures: Figures;
  readonly failures: readonly string[];
}

export type Figures = Readonly<Record<string, number | string>>;

export interface ScenarioOrder {
  readonly rig: Rig;
  readonly random: Random;
  readonly seed: number;
  /** Null = what suits the scenario. */
  readonly rounds: number | null;
  /** Everything small. */
  readonly short: boolean;
  readonly findings: Findings;
  /** Tells the user how far it is. */
  readonly tell: (text: string) => void;
}

export type Scenario = (
  order: ScenarioOrder,
) => Promise<{ readonly rounds: number; readonly figures: Figures }>;

/** Of failures that differ in their numbers and ids only, this many are kept. */
const KEPT_OF_A_KIND = 5;

/** Collects broken promises: a scenario goes on after one, so that a report shows all of them. */
export class Findings {
  private readonly kept: string[] = [];
  /** How often each kind came. */
  private readonly kinds = new Map<string, number>();

  get failures(): readonly string[] {
    const more = [...this.kinds]
      .filter(([, count]) => count > KEPT_OF_A_KIND)
      .map(([kind, count]) => `${count - KEPT_OF_A_KIND} more of the kind: ${kind}`);
    return [...this.kept, ...more];
  }

  fail(what: string): void {
    const kind = what.replace(/[\da-f]{8}-[\da-f-]{27}|\d+/g, '#').slice(0, 80);
    const count = (this.kinds.get(kind) ?? 0) + 1;
    this.kinds.set(kind, count);
    if (count <= KEPT_OF_A_KIND) {
      this.kept.push(what.slice(0, 2_000));
    }
  }

  /** @returns whether it holds */
  check(holds: boolean, what: string): boolean {
    if (!holds) {
      this.fail(what);
    }
    return holds;
  }

  equal(found: unknown, expected: unknown, what: string): boolean {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    return this.check(a === b, `${what}: ${shown(a)} instead of ${shown(b)}`);
  }
}

function shown(json: string | undefined): string {
  return (json ?? 'nothing').slice(0, 600);
}
