/** A built-in team as it is written down here; what is left out of `team` and `stop` gets its default. */
export interface WrittenTeam {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly agents: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly description?: string;
  }[];
  readonly team: unknown;
  readonly stop?: unknown;
}
