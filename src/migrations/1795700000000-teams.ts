import { type MigrationInterface, type QueryRunner } from 'typeorm';

const NEW_COLUMNS: readonly (readonly [table: string, column: string])[] = [
  ['experiments', '"team" text'],
  ['experiments', '"stop" text'],
  ['experiments', '"library" text'],
  ['experiments', '"context_policy" text NOT NULL DEFAULT (\'drop_oldest\')'],
  ['conversations', '"active_ms_at_start" integer NOT NULL DEFAULT (0)'],
  ['turns', '"step" integer NOT NULL DEFAULT (0)'],
  ['turns', '"kind" text NOT NULL DEFAULT (\'reply\')'],
  ['turns', '"place" text'],
  ['turns', '"task" text'],
  ['turns', '"handoff" text'],
  ['turns', '"tools" text'],
  ['turns', '"parsed" text'],
  ['turns', '"format_error" text'],
  ['turns', '"context" text'],
  ['turns', '"active_ms" integer NOT NULL DEFAULT (0)'],
];

/** Teams of every kind, stop rules, structured answers, and the library of agents and teams. */
export class Teams1795700000000 implements MigrationInterface {
  name = 'Teams1795700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column] of NEW_COLUMNS) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN ${column}`);
    }
    await queryRunner.query(`UPDATE "turns" SET "step" = "turn"`);
    await this.rewriteRules(queryRunner, toTeamRules);
    await queryRunner.query(`CREATE INDEX "model_calls_model" ON "model_calls" ("model", "id")`);
    await queryRunner.query(
      `CREATE TABLE "library_entries" (
        "id" text NOT NULL,
        "kind" text NOT NULL,
        "name" text NOT NULL,
        "version" integer NOT NULL,
        "updated_at" text NOT NULL,
        "created_at" text NOT NULL,
        PRIMARY KEY ("id", "kind")
      ) WITHOUT ROWID`,
    );
    await queryRunner.query(
      `CREATE TABLE "library_versions" (
        "kind" text NOT NULL,
        "entry_id" text NOT NULL,
        "version" integer NOT NULL,
        "name" text NOT NULL,
        "definition" text NOT NULL,
        "created_at" text NOT NULL,
        PRIMARY KEY ("kind", "entry_id", "version")
      ) WITHOUT ROWID`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "library_versions"`);
    await queryRunner.query(`DROP TABLE "library_entries"`);
    await queryRunner.query(`DROP INDEX "model_calls_model"`);
    await this.rewriteRules(queryRunner, toOldRules);
    for (const [table, column] of NEW_COLUMNS.toReversed()) {
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN ${column.split(' ', 1)[0]}`);
    }
  }

  private async rewriteRules(
    queryRunner: QueryRunner,
    rewrite: (rules: never, names: string[]) => object | null,
  ): Promise<void> {
    const rows = (await queryRunner.query(`SELECT "id", "rules", "agents" FROM "experiments"`)) as {
      id: string;
      rules: string;
      agents: string;
    }[];
    for (const { id, rules, agents } of rows) {
      const names = (JSON.parse(agents) as { name: string }[]).map(({ name }) => name);
      const rewritten = rewrite(JSON.parse(rules) as never, names);
      if (rewritten !== null) {
        await queryRunner.query(`UPDATE "experiments" SET "rules" = ? WHERE "id" = ?`, [
          JSON.stringify(rewritten),
          id,
        ]);
      }
    }
  }
}

interface OldRules {
  readonly type: 'single' | 'round_robin' | 'selector';
  readonly maxTurns?: number;
  readonly termination?: string | null;
  readonly allowRepeatSpeaker?: boolean;
  readonly selectorPrompt?: string | null;
  readonly maxConsecutiveTurns?: number | null;
  readonly fallback?: string;
}

/** Rules as they were stored before there were teams of every kind, written down as a team. */
function toTeamRules(old: OldRules, participants: string[]): object {
  const maxTurns = 1000;
  if (old.type === 'single') {
    const team = { type: 'round_robin', participants };
    return { origin: 'single', team, stop: { type: 'max_turns', turns: 1 }, maxTurns };
  }
  const termination = old.termination ?? null;
  const any = [
    ...(termination === null ? [] : [{ type: 'text', text: termination }]),
    { type: 'max_turns', turns: old.maxTurns },
  ];
  const team =
    old.type === 'round_robin'
      ? { type: 'round_robin', participants }
      : {
          type: 'selector',
          participants,
          allow_repeated_speaker: old.allowRepeatSpeaker ?? false,
          max_attempts: 3,
          fallback: old.fallback,
          ...given('selector_prompt', old.selectorPrompt),
          ...given('max_consecutive_turns', old.maxConsecutiveTurns),
        };
  return { origin: 'chat_rules', team, stop: { any }, maxTurns };
}

function given(name: string, value: unknown): object {
  return value === null || value === undefined ? {} : { [name]: value };
}

interface NewRules {
  readonly origin: 'single' | 'chat_rules' | 'team';
  readonly team: {
    readonly type: 'round_robin' | 'selector';
    readonly allow_repeated_speaker?: boolean;
    readonly selector_prompt?: string;
    readonly max_consecutive_turns?: number;
    readonly fallback?: string;
  };
  readonly stop: { readonly any?: readonly { type: string; text?: string; turns?: number }[] } | null;
}

/** The way back; rules that the old version could not follow stay as they are. */
function toOldRules({ origin, team, stop }: NewRules): OldRules | null {
  if (origin === 'single') {
    return { type: 'single' };
  }
  if (origin === 'team') {
    return null;
  }
  const common = {
    maxTurns: stop?.any?.find(({ type }) => type === 'max_turns')?.turns ?? 8,
    termination: stop?.any?.find(({ type }) => type === 'text')?.text ?? null,
  };
  return team.type === 'round_robin'
    ? { type: 'round_robin', ...common }
    : {
        type: 'selector',
        ...common,
        allowRepeatSpeaker: team.allow_repeated_speaker ?? false,
        selectorPrompt: team.selector_prompt ?? null,
        maxConsecutiveTurns: team.max_consecutive_turns ?? null,
        fallback: team.fallback ?? 'round_robin',
      };
}
