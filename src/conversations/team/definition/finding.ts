import { nearestName } from '../../../common/validation/nearest-name';

/** Where something stands in a request: names of fields and positions in lists. */
export type RequestLoc = readonly (string | number)[];

/** Something that is wrong with the team of a request, or worth knowing before it runs. */
export interface Finding {
  readonly loc: RequestLoc;
  /** Kind of the fault, for programs. */
  readonly type: string;
  /** What is wrong and what would be right, for people. */
  readonly message: string;
  /** An error keeps the experiment from being started. */
  readonly severity: 'error' | 'warning';
  /** The value that is meant. */
  readonly input?: unknown;
}

/** Most errors, and most warnings, that are kept; looking for near names must not be multiplied by a hostile request. */
const MAX_FINDINGS = 100;

/** Collects what is found. */
export class Findings {
  private readonly kept = { error: [] as Finding[], warning: [] as Finding[] };

  /** Errors first. */
  get all(): readonly Finding[] {
    return [...this.kept.error, ...this.kept.warning];
  }

  error(loc: RequestLoc, type: string, message: string, input?: unknown): void {
    this.add({ loc, type, message, severity: 'error', input });
  }

  warning(loc: RequestLoc, type: string, message: string, input?: unknown): void {
    this.add({ loc, type, message, severity: 'warning', input });
  }

  /** A name that stands for nobody; `what` reads on from "is no", for example "agent of this request". */
  unknownName(
    loc: RequestLoc,
    { type, what, name, known }: { type: string; what: string; name: string; known: Iterable<string> },
  ): void {
    if (this.kept.error.length < MAX_FINDINGS) {
      this.error(loc, type, `${quoted(name)} is no ${what}${hint(name, [...known])}`, name);
    }
  }

  private add(finding: Finding): void {
    const kept = this.kept[finding.severity];
    if (kept.length < MAX_FINDINGS) {
      kept.push(finding);
    }
  }
}

/** A name in a message, at a length that fits. */
export function quoted(name: string): string {
  return `'${name.length > 50 ? `${name.slice(0, 50).toWellFormed()}…` : name}'`;
}

const SHOWN_NAMES = 20;

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) {
    return `; did you mean ${quoted(nearest)}?`;
  }
  const more = known.length > SHOWN_NAMES ? ', …' : '';
  return `; there ${known.length === 1 ? 'is' : 'are'}: ${known.slice(0, SHOWN_NAMES).map(quoted).join(', ')}${more}`;
}
