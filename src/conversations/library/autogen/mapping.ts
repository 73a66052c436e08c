import { type Component } from './component';

/** A component that has become something here. */
export interface Mapped {
  readonly path: string;
  readonly component: string;
  /** What it became. */
  readonly to: string;
}

/** A component, or a part of one, that could not be taken over, or that means something else here. */
export interface NotMapped {
  readonly path: string;
  readonly component: string;
  /** For people. */
  readonly why: string;
}

/** What a file asks for and what became of it. */
export class Mapping {
  readonly mapped: Mapped[] = [];
  readonly notMapped: NotMapped[] = [];
  /** Agents of all teams in the file, in the order in which they were met. */
  readonly agents: Record<string, unknown>[] = [];

  /** Notes that a component was taken over. */
  took({ path, name }: Component, to: string): void {
    this.mapped.push({ path, component: name, to });
  }

  /** Notes what is missing or different. */
  lacks({ path, name }: Component, why: string, field?: string): void {
    this.notMapped.push({
      path: field === undefined ? path : `${path}/config/${field}`,
      component: name,
      why,
    });
  }

  private readonly teamNames: string[] = [];

  /** A name that no agent and no team has so far, for an agent that the file does not know. */
  freeName(wanted: string): string {
    const known = [...this.agents.map(({ name }) => String(name)), ...this.teamNames];
    const taken = new Set(known.map((name) => name.toLowerCase()));
    let name = wanted;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) {
      name = `${wanted}_${number}`;
    }
    return name;
  }

  /** The same for a team within another one. */
  teamName(wanted: string): string {
    const name = this.freeName(wanted);
    this.teamNames.push(name);
    return name;
  }
}
